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
