// Data and time: clips are decoded when a scene first needs them; a scene plays on one clock.

const data = JSON.parse(document.getElementById("data").textContent);
const clipPromises = new Map();

function loadClip(number) {
  if (!clipPromises.has(number)) clipPromises.set(number, decodeClip(data.clips[number]));
  return clipPromises.get(number);
}

// The inverse of encode_positions in scenes.py.
async function decodeClip(clip) {
  const skeleton = data.skeletons[clip.skeleton];
  const width = 3 * skeleton.names.length;
  const steps = decodeVarints(await inflate(clip.positions), clip.frames * width);
  // Each number is the residual of a linear prediction from the two frames before.
  for (let i = width; i < steps.length; i++) {
    steps[i] += 2 * steps[i - width] - (i < 2 * width ? 0 : steps[i - 2 * width]);
  }
  const positions = Float32Array.from(steps, (count) => count * data.step_m);
  for (const [marker, start, stop] of clip.gaps) {
    for (let t = start; t < stop; t++) positions.fill(NaN, t * width + 3 * marker, t * width + 3 * marker + 3);
  }
  return { ...clip, skeleton, positions };
}

function fromBase64(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

async function inflate(text) {
  const stream = new Blob([fromBase64(text)]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function decodeVarints(bytes, count) {
  const values = new Int32Array(count);
  for (let i = 0, at = 0; i < count; i++) {
    let value = 0, shift = 0, byte;
    do {
      byte = bytes[at++];
      value |= (byte & 0x7f) << shift;
      shift += 7;
    } while (byte & 0x80);
    values[i] = (value >>> 1) ^ -(value & 1);
  }
  return values;
}

// The markers of a body at a frame of its clip that have a position.
function eachMarker(body, frame, visit) {
  const { positions, skeleton } = body.clip;
  const width = 3 * skeleton.names.length;
  for (let marker = 0, i = frame * width; marker < skeleton.names.length; marker++, i += 3) {
    if (positions[i] === positions[i]) visit(positions[i], positions[i + 1], positions[i + 2], marker);
  }
}

// The clock.

const state = { scene: -1, time: 0, duration: 0, rate_hz: 1, playing: false, speed: 1, loop: true };
const LONGEST_STEP_S = 0.1;  // a tab that was in the background does not jump
let needsDraw = true, lastTick = 0;
const listeners = [];

function requestDraw() {
  needsDraw = true;
}

function tick(now) {
  if (state.playing) advance(Math.min((now - lastTick) / 1000, LONGEST_STEP_S) * state.speed);
  lastTick = now;
  if (needsDraw) {
    needsDraw = false;
    draw(state.time);
    for (const listener of listeners) listener();
  }
  requestAnimationFrame(tick);
}

function advance(seconds) {
  const time = state.time + seconds;
  if (time <= state.duration) seek(time);
  else if (state.loop) seek(state.duration > 0 ? time % state.duration : 0);
  else { seek(state.duration); state.playing = false; }
}

function seek(time) {
  state.time = Math.min(Math.max(0, time), state.duration);
  requestDraw();
}

function play(playing = !state.playing) {
  if (playing && state.time >= state.duration) state.time = 0;
  state.playing = playing;
  requestDraw();
}

// Stop on a whole frame. From a time between two frames, one step goes to the next frame in that direction.
function step(frames) {
  const frame = state.time * state.rate_hz;
  const whole = frames > 0 ? Math.floor(frame + 1e-3) : Math.ceil(frame - 1e-3);
  state.playing = false;
  seek((whole + frames) / state.rate_hz);
}

// Scenes.

const PATH_S = 1;  // the camera follows the path averaged over this time, which keeps the sway visible
const chosenLayout = new Map();  // group -> side by side or not, where the reader has chosen

async function showScene(number) {
  const scene = data.scenes[number];
  state.requested = number;
  const clips = await Promise.all(scene.bodies.map((body) => loadClip(body.clip))).catch(reportError);
  const between = await Promise.all(scene.between.map((edges) => loadBetween(scene, edges, clips)));
  if (state.requested !== number) return;  // the reader has opened another scene since
  shown.bodies = scene.bodies.map((body, i) => createBody(body, clips[i]));
  shown.pairs = decodePairs(scene.pairs, clips[0].skeleton.names.length);
  if (shown.pairs) options.threshold = firstThreshold(shown.pairs);
  shown.between = between;
  extents.clear();
  options.sideBySide = scene.bodies.length > 1 && (chosenLayout.get(scene.group) ?? scene.side_by_side);
  state.scene = number;
  state.rate_hz = clips[0].rate_hz;
  state.duration = Math.max(...shown.bodies.map((body) => (body.stop - body.start - 1) / body.clip.rate_hz));
  state.time = 0;
  options.follow = travelsFar();
  resetView(shown.bodies);
  requestDraw();
}

function loadBetween({ bodies }, edges, clips) {
  const [first, second] = edges.bodies;
  return decodeBetween(edges, bodies[first].stop - bodies[first].start, clips[second].skeleton.names.length);
}

function reportError(error) {
  const caption = document.getElementById("caption");
  caption.textContent = `This browser is too old for the page: use one of 2023 or later. (${error.message})`;
  throw error;
}

function createBody(body, clip) {
  const created = { ...body, clip, hidden: false, traced: new Set() };
  created.path = smoothPath(created);
  return created;
}

// The mean horizontal position of a body over PATH_S seconds, as a function of the frame.
function smoothPath(body) {
  const frames = body.stop - body.start, half = Math.round((PATH_S * body.clip.rate_hz) / 2);
  const sums = [[0, 0, 0]];
  for (let t = body.start; t < body.stop; t++) {
    const sum = [...sums[sums.length - 1]];
    eachMarker(body, t, (x, y) => { sum[0] += x; sum[1] += y; sum[2] += 1; });
    sums.push(sum);
  }
  const meanAround = (frame) => {
    const from = sums[Math.max(0, frame - half)], to = sums[Math.min(frames, frame + half + 1)];
    const count = to[2] - from[2] || 1;
    return [(to[0] - from[0]) / count, (to[1] - from[1]) / count];
  };
  return (frame) => {
    const within = Math.min(frames - 1, Math.max(0, frame)), first = Math.floor(within), share = within - first;
    const [before, after] = [meanAround(first), meanAround(Math.min(frames - 1, first + 1))];
    return before.map((value, k) => value * (1 - share) + after[k] * share);
  };
}
