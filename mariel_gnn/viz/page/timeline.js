// Input and generated frames on the slider, and the name of the phrase's clip to copy.

function spansOf(scene) {
  return scene.bodies.flatMap((body) => {
    const rate_hz = data.clips[body.clip].rate_hz;
    return (body.generated ?? []).map(([start, stop]) => [start / rate_hz, stop / rate_hz]);
  });
}

// The strip is for bodies with input and generated frames; else the names of the bodies say which is which.
function isMixed(body) {
  const frames = body.stop - body.start;
  return body.generated?.length > 0 && !body.generated.some(([start, stop]) => start <= 0 && stop >= frames);
}

function updateSpans(scene) {
  $("spans").hidden = !scene.bodies.some(isMixed);
  $("spans-key").hidden = !scene.bodies.some((body) => body.generated);
  $("spans").replaceChildren(...spansOf(scene).map(([start, stop]) => {
    const share = (time) => `${(100 * Math.min(1, time / state.duration)).toFixed(2)}%`;
    return element("i", { style: `left:${share(start)};right:calc(100% - ${share(stop)})` });
  }));
}

async function copySource() {
  $("source-text").select();
  try {
    await navigator.clipboard.writeText($("source-text").value);
  } catch {
    document.execCommand("copy");  // where the clipboard is not allowed, as in the frame of a notebook
  }
  $("copy").textContent = "Copied";
}
$("copy").addEventListener("click", copySource);
$("source-text").addEventListener("click", (event) => event.target.select());

let sceneOfTimeline = -1;
listeners.push(() => {
  const scene = data.scenes[state.scene];
  if (!scene || sceneOfTimeline === state.scene) return;
  sceneOfTimeline = state.scene;
  updateSpans(scene);
  $("source").hidden = !scene.source;
  $("source-text").value = scene.source;
  $("copy").textContent = "Copy";
});

// The name of the point under the mouse, on a map of phrases.
for (const event of ["mouseover", "focusin"]) {
  document.addEventListener(event, ({ target }) => {
    const point = target.closest?.(".point");
    if (point && $("point-name")) $("point-name").textContent = point.getAttribute("aria-label");
  });
}
