// Gestures on the stage: drag turns, two fingers zoom and move, the wheel zooms, a tap traces a marker.

const $ = (id) => document.getElementById(id);
const TAP_PX = 5, NEAR_PX = 16;
const pointers = new Map();
let travelled = 0;

canvas.addEventListener("pointerdown", (event) => {
  canvas.setPointerCapture(event.pointerId);
  pointers.set(event.pointerId, [event.offsetX, event.offsetY]);
  travelled = 0;
});

canvas.addEventListener("pointermove", (event) => {
  const before = pointers.get(event.pointerId), now = [event.offsetX, event.offsetY];
  if (!before) return showMarkerName(now);
  const [dx, dy] = [now[0] - before[0], now[1] - before[1]];
  travelled += Math.abs(dx) + Math.abs(dy);
  const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
  if (other) {
    zoom(distance(now, other) / Math.max(1, distance(before, other)));
    pan(dx / 2, dy / 2);
  } else if (event.shiftKey || event.buttons & 2) pan(dx, dy);
  else turn(dx, dy);
  pointers.set(event.pointerId, now);
  $("marker").hidden = true;
  requestDraw();
});

function releasePointer(event) {
  const isTap = event.type === "pointerup" && travelled < TAP_PX && pointers.size === 1;
  if (isTap) traceMarker([event.offsetX, event.offsetY]);
  pointers.delete(event.pointerId);
}
canvas.addEventListener("pointerup", releasePointer);
canvas.addEventListener("pointercancel", releasePointer);
canvas.addEventListener("pointerleave", () => { $("marker").hidden = true; });
canvas.addEventListener("contextmenu", (event) => event.preventDefault());
canvas.addEventListener("dblclick", reset);
canvas.addEventListener("wheel", (event) => {
  event.preventDefault();
  zoom(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0015)));
  requestDraw();
}, { passive: false });

function distance(a, b) {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}

function nearestMarker(place) {
  let nearest = null, least = NEAR_PX;
  for (const figure of shown.figures) {
    const { names } = figure.body.clip.skeleton;
    for (let marker = 0; marker < names.length; marker++) {
      const at = [figure.screen[4 * marker], figure.screen[4 * marker + 1]];
      if (!(distance(at, place) < least)) continue;
      least = distance(at, place);
      nearest = { figure, marker, at, name: names[marker] };
    }
  }
  return nearest;
}

function showMarkerName(place) {
  const found = nearestMarker(place), output = $("marker");
  output.hidden = !found;
  if (!found) return;
  output.value = found.name;
  output.style.left = `${Math.min(found.at[0] + 12, canvas.clientWidth - 90)}px`;
  output.style.top = `${Math.max(found.at[1] - 30, 4)}px`;
}

function traceMarker(place) {
  const found = nearestMarker(place);
  if (!found) return;
  const { traced } = found.figure.body;
  if (!traced.delete(found.marker)) traced.add(found.marker);
  showMarkerName(place);
  requestDraw();
}

// Buttons, sliders and keys change the state; listeners update them from the state.

const SWITCHES = { trails: "t", ghost: "g", edges: "n", follow: "f", attention: "e" };  // option and id -> key
const SPEEDS = [...$("speed").options].map((option) => Number(option.value));

function toggle(name) {
  options[name] = !options[name];
  requestDraw();
}

function toggleSideBySide() {
  options.sideBySide = !options.sideBySide;
  chosenLayout.set(data.scenes[state.scene].group, options.sideBySide);
  requestDraw();
}

function toggleLoop() {
  state.loop = !state.loop;
  requestDraw();
}

function toggleTheme() {
  const dark = getComputedStyle(document.documentElement).colorScheme === "dark";
  document.documentElement.dataset.theme = dark ? "light" : "dark";
  readColours();
  requestDraw();
}

function changeSpeed(by) {
  const index = SPEEDS.indexOf(state.speed) + by;
  state.speed = SPEEDS[Math.min(SPEEDS.length - 1, Math.max(0, index))];
  requestDraw();
}

function reset() {
  resetView(shown.bodies);
  requestDraw();
}

// Among the scenes that have a button.
function nextScene(by) {
  const listed = data.scenes.flatMap((scene, number) => (scene.group === null ? [] : [number]));
  const index = listed.indexOf(state.scene);
  showScene(listed[(index + by + listed.length) % listed.length]);
}

const KEYS = {
  " ": () => play(),
  arrowleft: (event) => step(event.shiftKey ? -10 : -1), arrowright: (event) => step(event.shiftKey ? 10 : 1),
  home: () => seek(0), end: () => seek(state.duration),
  l: toggleLoop, b: toggleSideBySide, m: toggleTheme, 0: reset,
  ",": () => changeSpeed(-1), ".": () => changeSpeed(1), "[": () => nextScene(-1), "]": () => nextScene(1),
  a: () => turn(-12, 0), d: () => turn(12, 0), w: () => turn(0, 10), s: () => turn(0, -10),
  "+": () => zoom(1.1), "=": () => zoom(1.1), "-": () => zoom(1 / 1.1),
};
for (const [name, key] of Object.entries(SWITCHES)) KEYS[key] = () => toggle(name);

document.addEventListener("keydown", (event) => {
  const { tagName } = event.target, key = event.key.toLowerCase();
  const pressesButton = tagName === "BUTTON" && (key === " " || key === "enter");
  const isForElement = pressesButton || event.target.id === "source-text" || ["SELECT", "SUMMARY"].includes(tagName);
  if (isForElement || event.ctrlKey || event.metaKey || event.altKey || !KEYS[key]) return;
  event.preventDefault();
  KEYS[key](event);
  requestDraw();
});

// After a mouse click the button loses the focus, so that the space key plays and does not press it again.
document.addEventListener("click", (event) => {
  if (event.detail > 0) event.target.closest("button")?.blur();
});

for (const name of Object.keys(SWITCHES)) $(name).addEventListener("click", () => toggle(name));
$("play").addEventListener("click", () => play());
$("back").addEventListener("click", () => step(-1));
$("forward").addEventListener("click", () => step(1));
$("loop").addEventListener("click", toggleLoop);
$("side-by-side").addEventListener("click", toggleSideBySide);
$("reset").addEventListener("click", reset);
$("theme").addEventListener("click", toggleTheme);
$("time").addEventListener("input", (event) => { state.playing = false; seek(Number(event.target.value)); });
$("speed").addEventListener("change", (event) => { state.speed = Number(event.target.value); event.target.blur(); });
$("threshold").addEventListener("input", (event) => {
  Object.assign(options, { threshold: Number(event.target.value), attention: true });
  requestDraw();
});

function press(button, on) {
  button.setAttribute("aria-pressed", on);
}

function updateControls() {
  const frame = Math.round(state.time * state.rate_hz);
  document.body.classList.toggle("playing", state.playing);
  $("time").max = state.duration;
  $("time").value = state.time;
  $("clock").value = `${state.time.toFixed(2)} / ${state.duration.toFixed(2)} s`;
  $("clock").title = `frame ${frame}`;
  $("speed").value = state.speed;
  for (const name of Object.keys(SWITCHES)) press($(name), options[name]);
  press($("loop"), state.loop);
  press($("side-by-side"), options.sideBySide);
  $("side-by-side").disabled = shown.bodies.length < 2;
  updateAttention();
}
listeners.push(updateControls);

function updateAttention() {
  const { pairs } = shown;
  $("pairs").hidden = !pairs;
  $("note").hidden = !(pairs && options.attention && pairs.note);
  if (!pairs) return;
  $("note").textContent = pairs.note;
  $("threshold").min = pairs.least;
  $("threshold").value = options.threshold;
  $("weakest").value = `${(options.threshold * pairs.most).toFixed(2)} ${pairs.unit}`;
}

// What changes with the scene: its button, its caption, the names of its bodies, its point on a map.

const MOST_BUTTONS = 14;  // a group of more scenes has a list
let displayedScene = -1, displayedBodies = "";

function addSceneButtons() {
  const groups = new Map();
  data.scenes.forEach((scene, number) => {
    if (scene.group !== null) groups.set(scene.group, [...(groups.get(scene.group) ?? []), number]);
  });
  if ([...groups.values()].flat().length < 2) return;
  for (const [group, numbers] of groups) {
    const row = element("div", {}, group && element("span", { textContent: group }));
    row.append(...(numbers.length > MOST_BUTTONS ? [sceneList(numbers)] : numbers.map(sceneButton)));
    $("scenes").append(row);
  }
}

function element(name, properties, ...children) {
  const created = Object.assign(document.createElement(name), properties);
  created.append(...children.filter(Boolean));
  return created;
}

function sceneButton(number) {
  const button = element("button", { textContent: data.scenes[number].name, onclick: () => showScene(number) });
  button.dataset.button = number;
  return button;
}

function sceneList(numbers) {
  const choices = numbers.map((number) => element("option", { value: number, textContent: data.scenes[number].name }));
  const onchange = (event) => { showScene(Number(event.target.value)); event.target.blur(); };
  return element("select", { className: "choice", onchange }, ...choices);
}

function hasSides(body) {
  return body.clip.skeleton.sides.some((side) => side < 2);
}

function bodyButton(body) {
  // The last visible body stays.
  const onclick = () => { body.hidden = !body.hidden && visibleBodies().length > 1; requestDraw(); };
  const button = element("button", { onclick });
  for (const side of options.sideBySide && !body.generated ? [] : hasSides(body) ? ["left", "right"] : ["middle"]) {
    button.append(element("i", { className: side, style: `background:rgb(var(--body-${colourNumber(body, 0)}-${side}))` }));
  }
  button.append(body.name);
  button.title = "Show or hide";
  press(button, !body.hidden);
  return element("span", { className: body.hidden ? "hidden-body" : "" }, button);
}

function updateBodies() {
  const hidden = shown.bodies.map((body) => body.hidden);
  const bodies = `${state.scene} ${options.sideBySide} ${options.attention} ${hidden}`;
  if (bodies === displayedBodies) return;
  displayedBodies = bodies;
  // Side by side, each name stands above its body; the names of hidden bodies come last.
  const listed = options.sideBySide ? shown.bodies.toSorted((a, b) => a.hidden - b.hidden) : shown.bodies;
  $("bodies").className = options.sideBySide ? "side-by-side" : "";
  $("bodies").replaceChildren(...(shown.bodies.length > 1 ? listed : []).map(bodyButton));
}

function updateScene() {
  const scene = data.scenes[state.scene];
  if (!scene) return;
  updateBodies();
  if (displayedScene === state.scene) return;
  displayedScene = state.scene;
  $("caption").textContent = scene.title;
  $("sides").hidden = !shown.bodies.some(hasSides);
  for (const button of document.querySelectorAll("[data-button]")) {
    button.setAttribute("aria-current", Number(button.dataset.button) === displayedScene);
  }
  for (const choice of document.querySelectorAll(".choice")) choice.value = displayedScene;
  for (const point of document.querySelectorAll("[data-scene]")) {
    point.classList.toggle("shown", Number(point.dataset.scene) === displayedScene);
  }
}
listeners.push(updateScene);

function openPoint(event) {
  const point = event.target.closest?.("[data-scene]");
  if (!point || (event.type === "keydown" && event.key !== "Enter")) return;
  showScene(Number(point.dataset.scene)).then(() => play(true));
  const { top, bottom } = canvas.getBoundingClientRect();
  if (top < 0 || bottom > innerHeight) canvas.scrollIntoView({ block: "center", behavior: "smooth" });
}
document.addEventListener("click", openPoint);
document.addEventListener("keydown", openPoint);

// Only one of several maps is visible.
for (const button of document.querySelectorAll("[data-map]")) {
  button.addEventListener("click", () => {
    for (const other of document.querySelectorAll("[data-map]")) {
      press(other, other === button);
      $(other.dataset.map).hidden = other !== button;
    }
  });
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { readColours(); requestDraw(); });
new ResizeObserver(requestDraw).observe(canvas);
readColours();
addSceneButtons();
requestAnimationFrame(tick);
const wantsLessMotion = matchMedia("(prefers-reduced-motion: reduce)").matches;
showScene(0).then(() => play(data.autoplay && !wantsLessMotion));

window.viewer = { state, view, options, shown, draw, edgesAt };  // for the console and for tests
