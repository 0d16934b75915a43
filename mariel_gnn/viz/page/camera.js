// The camera turns about the point it looks at. Metres of the room are z up; pixels are y down.

const EYE_M = 9;  // how far the eye is away at zoom 1: far enough for limbs to keep their lengths
const STEEPEST = 1.5;
const view = { azimuth: 0, elevation: 0.16, zoom: 1, pan: [0, 0] };

function axes() {
  const sa = Math.sin(view.azimuth), ca = Math.cos(view.azimuth);
  const se = Math.sin(view.elevation), ce = Math.cos(view.elevation);
  return { right: [-sa, ca, 0], up: [-ca * se, -sa * se, ce], near: [ca * ce, sa * ce, se] };
}

// Points x y z to x px, y px, nearness in metres and pixels a metre, four numbers each.
function project(points, panel, screen) {
  const { right, up, near } = axes();
  const [tx, ty, tz] = panel.target;
  for (let i = 0, o = 0; i < points.length; i += 3, o += 4) {
    const x = points[i] - tx, y = points[i + 1] - ty, z = points[i + 2] - tz;
    const depth = x * near[0] + y * near[1] + z * near[2];
    const scale = (panel.scale * panel.eye) / Math.max(panel.eye - depth, 0.3);
    screen[o] = panel.middle[0] + (x * right[0] + y * right[1]) * scale;
    screen[o + 1] = panel.middle[1] - (x * up[0] + y * up[1] + z * up[2]) * scale;
    screen[o + 2] = depth;
    screen[o + 3] = scale;
  }
  return screen;
}

function turn(dx, dy) {
  view.azimuth -= dx * 0.008;
  view.elevation = Math.min(STEEPEST, Math.max(-0.1, view.elevation + dy * 0.006));
}

function zoom(factor) {
  view.zoom = Math.min(12, Math.max(0.3, view.zoom * factor));
}

function pan(dx, dy) {
  view.pan = [view.pan[0] + dx, view.pan[1] + dy];
}

// From where a body is seen best: before it and a little to its left.
function resetView(bodies) {
  Object.assign(view, { azimuth: facing(bodies) + 0.42, elevation: 0.16, zoom: 1, pan: [0, 0] });
}

// The direction in which bodies face on average, from where their left and right markers are.
function facing(bodies) {
  let x = 0, y = 0;
  for (const body of bodies) {
    for (let t = body.start; t < body.stop; t += 5) {
      const sums = [[0, 0, 0], [0, 0, 0], [0, 0, 0]];
      eachMarker(body, t, (px, py, pz, marker) => {
        const sum = sums[body.clip.skeleton.sides[marker]];
        sum[0] += px; sum[1] += py; sum[2] += 1;
      });
      const [left, right] = sums;
      if (!left[2] || !right[2]) continue;
      const dx = left[0] / left[2] - right[0] / right[2], dy = left[1] / left[2] - right[1] / right[2];
      const length = Math.hypot(dx, dy) || 1;
      x += dx / length; y += dy / length;
    }
  }
  return Math.hypot(x, y) > 1e-6 ? Math.atan2(-x, y) : 0;
}

function eachMarker(body, frame, visit) {
  const { positions, skeleton } = body.clip;
  const width = 3 * skeleton.names.length;
  for (let marker = 0, i = frame * width; marker < skeleton.names.length; marker++, i += 3) {
    if (positions[i] === positions[i]) visit(positions[i], positions[i + 1], positions[i + 2], marker);
  }
}

// Mouse, pen and fingers on the stage: drag turns, two fingers zoom and move, the wheel zooms, a tap traces.

const TAP_PX = 5, NEAR_PX = 16;
const pointers = new Map();
const markerName = document.getElementById("marker");
let travelled = 0;

canvas.addEventListener("pointerdown", (event) => {
  canvas.setPointerCapture(event.pointerId);
  pointers.set(event.pointerId, [event.offsetX, event.offsetY]);
  travelled = 0;
});

canvas.addEventListener("pointermove", (event) => {
  const before = pointers.get(event.pointerId), now = [event.offsetX, event.offsetY];
  if (!before) return tellMarker(now);
  const [dx, dy] = [now[0] - before[0], now[1] - before[1]];
  travelled += Math.abs(dx) + Math.abs(dy);
  const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
  if (other) {
    zoom(distance(now, other) / Math.max(1, distance(before, other)));
    pan(dx / 2, dy / 2);
  } else if (event.shiftKey || event.buttons & 2) pan(dx, dy);
  else turn(dx, dy);
  pointers.set(event.pointerId, now);
  markerName.hidden = true;
  changed();
});

function lifted(event) {
  const tapped = event.type === "pointerup" && travelled < TAP_PX && pointers.size === 1;
  if (tapped) traceMarker([event.offsetX, event.offsetY]);
  pointers.delete(event.pointerId);
}
canvas.addEventListener("pointerup", lifted);
canvas.addEventListener("pointercancel", lifted);
canvas.addEventListener("pointerleave", () => { markerName.hidden = true; });
canvas.addEventListener("contextmenu", (event) => event.preventDefault());
canvas.addEventListener("dblclick", () => { resetView(shown.bodies); changed(); });
canvas.addEventListener("wheel", (event) => {
  event.preventDefault();
  zoom(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0015)));
  changed();
}, { passive: false });

function distance(a, b) {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}

function nearestMarker(place) {
  let best = null, least = NEAR_PX;
  for (const figure of shown.figures) {
    const { names } = figure.body.clip.skeleton;
    for (let marker = 0; marker < names.length; marker++) {
      const at = [figure.screen[4 * marker], figure.screen[4 * marker + 1]];
      if (!(distance(at, place) < least)) continue;
      least = distance(at, place);
      best = { figure, marker, at, name: names[marker] };
    }
  }
  return best;
}

function tellMarker(place) {
  const found = nearestMarker(place);
  markerName.hidden = !found;
  if (!found) return;
  markerName.value = found.name;
  markerName.style.left = `${Math.min(found.at[0] + 12, canvas.clientWidth - 90)}px`;
  markerName.style.top = `${Math.max(found.at[1] - 30, 4)}px`;
}

function traceMarker(place) {
  const found = nearestMarker(place);
  if (!found) return;
  const { traced } = found.figure.body;
  if (!traced.delete(found.marker)) traced.add(found.marker);
  tellMarker(place);
  changed();
}
