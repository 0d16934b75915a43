// Buttons, sliders and keys. What is shown always follows from the state, never the other way.

const $ = (id) => document.getElementById(id);
const SWITCHES = { trails: "t", ghost: "g", lines: "n", follow: "f", edges: "e" };
const SPEEDS = [...$("speed").options].map((option) => Number(option.value));

function flip(name) {
  options[name] = !options[name];
  changed();
}

function flipApart() {
  options.apart = !options.apart;
  chosenApart.set(data.scenes[state.scene].group, options.apart);
  changed();
}

function flipLoop() {
  state.loop = !state.loop;
  changed();
}

function flipTheme() {
  const dark = getComputedStyle(document.documentElement).colorScheme === "dark";
  document.documentElement.dataset.theme = dark ? "light" : "dark";
  readPaints();
  changed();
}

function setSpeed(by) {
  const place = SPEEDS.indexOf(state.speed) + by;
  state.speed = SPEEDS[Math.min(SPEEDS.length - 1, Math.max(0, place))];
  changed();
}

function reset() {
  resetView(shown.bodies);
  changed();
}

// To the next of the scenes that have a button.
function nextScene(by) {
  const listed = data.scenes.flatMap((scene, number) => (scene.group === null ? [] : [number]));
  const place = listed.indexOf(state.scene);
  showScene(listed[(place + by + listed.length) % listed.length]);
}

const KEYS = {
  " ": () => play(),
  arrowleft: (event) => step(event.shiftKey ? -10 : -1), arrowright: (event) => step(event.shiftKey ? 10 : 1),
  home: () => seek(0), end: () => seek(state.duration), l: flipLoop, b: flipApart, m: flipTheme, 0: reset,
  ",": () => setSpeed(-1), ".": () => setSpeed(1), "[": () => nextScene(-1), "]": () => nextScene(1),
  a: () => turn(-12, 0), d: () => turn(12, 0), w: () => turn(0, 10), s: () => turn(0, -10),
  "+": () => zoom(1.1), "=": () => zoom(1.1), "-": () => zoom(1 / 1.1),
};
function press(button, on) {
  button.setAttribute("aria-pressed", on);
}

for (const [name, key] of Object.entries(SWITCHES)) KEYS[key] = () => flip(name);

document.addEventListener("keydown", (event) => {
  const { tagName } = event.target, key = event.key.toLowerCase();
  const pressing = tagName === "BUTTON" && (key === " " || key === "enter");
  const meantForOther = pressing || ["SELECT", "SUMMARY"].includes(tagName);
  if (meantForOther || event.ctrlKey || event.metaKey || event.altKey || !KEYS[key]) return;
  event.preventDefault();
  KEYS[key](event);
  changed();
});

// A click leaves the keys with the page: space then plays, whatever was clicked last.
document.addEventListener("click", (event) => {
  if (event.detail > 0) event.target.closest("button")?.blur();
});

for (const name of Object.keys(SWITCHES)) $(name).addEventListener("click", () => flip(name));
$("play").addEventListener("click", () => play());
$("back").addEventListener("click", () => step(-1));
$("forward").addEventListener("click", () => step(1));
$("loop").addEventListener("click", flipLoop);
$("apart").addEventListener("click", flipApart);
$("reset").addEventListener("click", reset);
$("theme").addEventListener("click", flipTheme);
$("time").addEventListener("input", (event) => { state.playing = false; seek(Number(event.target.value)); });
$("speed").addEventListener("change", (event) => { state.speed = Number(event.target.value); event.target.blur(); });
$("threshold").addEventListener("input", (event) => {
  Object.assign(options, { threshold: Number(event.target.value), edges: true });
  changed();
});

listeners.push(() => {
  const frame = Math.round(state.time * state.rate_hz);
  document.body.classList.toggle("playing", state.playing);
  $("time").max = state.duration;
  $("time").value = state.time;
  $("clock").value = `${state.time.toFixed(2)} / ${state.duration.toFixed(2)} s`;
  $("clock").title = `frame ${frame}`;
  $("speed").value = state.speed;
  for (const name of Object.keys(SWITCHES)) press($(name), options[name]);
  press($("loop"), state.loop);
  press($("apart"), options.apart);
  $("apart").disabled = shown.bodies.length < 2;
  $("pairs").hidden = !shown.pairs;
  $("note").hidden = !(shown.pairs && options.edges && shown.pairs.note);
  if (!shown.pairs) return;
  $("note").textContent = shown.pairs.note;
  $("threshold").min = shown.pairs.least;
  $("threshold").value = options.threshold;
  $("weakest").value = `${(options.threshold * shown.pairs.most).toFixed(2)} ${shown.pairs.unit}`;
});

// What belongs to a scene: its button, its caption, its bodies' names, its point on a map. Then it starts.

const FEW = 14;  // scenes of a group up to which each has a button of its own
let told = -1, toldBodies = "";

function sceneButtons() {
  const groups = new Map();
  data.scenes.forEach((scene, number) => {
    if (scene.group !== null) groups.set(scene.group, [...(groups.get(scene.group) ?? []), number]);
  });
  const several = [...groups.values()].flat().length > 1;
  for (const [group, numbers] of several ? groups : []) {
    const row = element("div", {}, group && element("span", { textContent: group }));
    row.append(...(numbers.length > FEW ? [picker(numbers)] : numbers.map(sceneButton)));
    $("scenes").append(row);
  }
}

function element(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children.filter(Boolean));
  return made;
}

function sceneButton(number) {
  const button = element("button", { textContent: data.scenes[number].name, onclick: () => showScene(number) });
  button.dataset.button = number;
  return button;
}

function picker(numbers) {
  const choices = numbers.map((number) => element("option", { value: number, textContent: data.scenes[number].name }));
  const opens = (event) => { showScene(Number(event.target.value)); event.target.blur(); };
  return element("select", { className: "choice", onchange: opens }, ...choices);
}

function hasSides(body) {
  return body.clip.skeleton.sides.some((side) => side < 2);
}

function bodyName(body) {
  // One body stays, whatever is clicked.
  const hides = () => { body.hidden = !body.hidden && visible().length > 1; changed(); };
  const button = element("button", { onclick: hides });
  for (const side of options.apart ? [] : hasSides(body) ? ["left", "right"] : ["middle"]) {
    button.append(element("i", { className: side, style: `background:rgb(var(--tone-${toneOf(body)}-${side}))` }));
  }
  button.append(body.name);
  button.title = "Show or hide";
  press(button, !body.hidden);
  return element("span", { className: body.hidden ? "away" : "" }, button);
}

function tellScene() {
  const scene = data.scenes[state.scene];
  if (!scene) return;
  const bodies = `${state.scene} ${options.apart} ${options.edges} ${shown.bodies.map((body) => body.hidden)}`;
  if (bodies !== toldBodies) {
    toldBodies = bodies;
    // Side by side each name stands over its body, and those that are away at the end.
    const away = shown.bodies.filter((body) => body.hidden);
    const listed = options.apart ? [...visible(), ...away] : shown.bodies;
    $("bodies").className = options.apart ? "apart" : "";
    $("bodies").replaceChildren(...(shown.bodies.length > 1 ? listed : []).map(bodyName));
  }
  if (told === state.scene) return;
  told = state.scene;
  $("caption").textContent = scene.title;
  $("sides").hidden = !shown.bodies.some(hasSides);
  for (const button of document.querySelectorAll("[data-button]")) {
    button.setAttribute("aria-current", Number(button.dataset.button) === told);
  }
  for (const choice of document.querySelectorAll(".choice")) choice.value = told;
  for (const point of document.querySelectorAll("[data-scene]")) {
    point.classList.toggle("shown", Number(point.dataset.scene) === told);
  }
}
listeners.push(tellScene);

function openPoint(event) {
  const point = event.target.closest?.("[data-scene]");
  if (!point || (event.type === "keydown" && event.key !== "Enter")) return;
  showScene(Number(point.dataset.scene)).then(() => play(true));
  const { top, bottom } = canvas.getBoundingClientRect();
  if (top < 0 || bottom > innerHeight) canvas.scrollIntoView({ block: "center", behavior: "smooth" });
}
document.addEventListener("click", openPoint);
document.addEventListener("keydown", openPoint);

// Of several maps one is seen.
for (const button of document.querySelectorAll("[data-map]")) {
  button.addEventListener("click", () => {
    for (const other of document.querySelectorAll("[data-map]")) {
      press(other, other === button);
      $(other.dataset.map).hidden = other !== button;
    }
  });
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { readPaints(); changed(); });
new ResizeObserver(changed).observe(canvas);
readPaints();
sceneButtons();
requestAnimationFrame(tick);
const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
showScene(0).then(() => play(data.autoplay && !calm));

// For the console and for tests: what is shown, and how long a frame takes to draw, raster included.
window.viewer = {
  state, view, options, shown, draw,
  drawMilliseconds(frames) {
    const start = performance.now();
    for (let i = 0; i < frames; i++) {
      draw((state.duration * i) / frames);
      ctx.getImageData(0, 0, 1, 1);  // waits until it is on the canvas
    }
    return (performance.now() - start) / frames;
  },
};
