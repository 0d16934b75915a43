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
