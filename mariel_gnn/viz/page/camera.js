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
