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
