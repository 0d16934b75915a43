// A button for each kind of edges between bodies, and a slider for the least strength.

let kindsOfScene = -1;

function toggleKind(number) {
  const kind = shownKinds()[number];
  if (kind && !options.hiddenKinds.delete(kind.name)) options.hiddenKinds.add(kind.name);
  requestDraw();
}
for (const number of [1, 2, 3, 4]) KEYS[number] = () => toggleKind(number - 1);

function shownKinds() {
  return [...new Map(shown.between.flatMap(({ kinds }) => kinds.map((kind) => [kind.name, kind]))).values()];
}

function kindButton(kind, number) {
  const style = kind.style % DASHES.length, line = ["solid", "solid", "dashed", "dotted"][style];
  const swatch = element("i", { style: `border-top-style:${line};border-color:rgb(var(--between-${style}))` });
  const title = [kind.about, `(${number + 1})`].join(" ").trim();
  return element("button", { onclick: () => toggleKind(number), title }, swatch, kind.label);
}

// In words, of the kinds that are on.
function explanation(kinds) {
  const visible = kinds.filter(({ name, about }) => about && !options.hiddenKinds.has(name));
  const sentences = visible.map(({ label, about }) => `${label[0].toUpperCase()}${label.slice(1)}: ${about}.`);
  return ["Lines between the dancers: a wider line is stronger.", ...sentences].join("\n");
}

function isUnmeasured(between, frame) {
  return between.unmeasured.some(([start, stop]) => start <= frame && frame < stop);
}

function updateBetween() {
  $("between").hidden = $("kinds-note").hidden = !shown.between.length;
  if (!shown.between.length) return;
  const kinds = shownKinds();
  if (kindsOfScene !== state.scene) $("kinds").replaceChildren(...kinds.map(kindButton));
  $("kinds-note").textContent = explanation(kinds);
  kindsOfScene = state.scene;
  kinds.forEach((kind, number) => press($("kinds").children[number], !options.hiddenKinds.has(kind.name)));
  $("least").value = options.least;
  $("least-value").value = options.least.toFixed(2);
  const frame = Math.round(state.time * state.rate_hz);
  $("unmeasured").hidden = !shown.between.some((between) => isUnmeasured(between, frame));
}
listeners.push(updateBetween);

$("least").addEventListener("input", (event) => {
  options.least = Number(event.target.value);
  requestDraw();
});
