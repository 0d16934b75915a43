// Clips: positions as encoding.py writes them, opened when they are first asked for.

const data = JSON.parse(document.getElementById("data").textContent);
const opened = new Map();

function openClip(number) {
  if (!opened.has(number)) opened.set(number, decodeClip(data.clips[number]));
  return opened.get(number);
}

async function decodeClip(clip) {
  const skeleton = data.skeletons[clip.skeleton];
  const width = 3 * skeleton.names.length;
  const whole = integers(await inflated(clip.positions), clip.frames * width);
  // Each number is what a straight line through the two before it does not tell.
  for (let i = width; i < whole.length; i++) {
    whole[i] += 2 * whole[i - width] - (i < 2 * width ? 0 : whole[i - 2 * width]);
  }
  const positions = Float32Array.from(whole, (steps) => steps * data.step_m);
  for (const [marker, start, stop] of clip.gaps) {
    for (let t = start; t < stop; t++) positions.fill(NaN, t * width + 3 * marker, t * width + 3 * marker + 3);
  }
  return { ...clip, skeleton, positions };
}

function fromBase64(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

async function inflated(text) {
  const stream = new Blob([fromBase64(text)]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function integers(bytes, count) {
  const found = new Int32Array(count);
  for (let i = 0, at = 0; i < count; i++) {
    let value = 0, shift = 0, byte;
    do {
      byte = bytes[at++];
      value |= (byte & 0x7f) << shift;
      shift += 7;
    } while (byte & 0x80);
    found[i] = (value >>> 1) ^ -(value & 1);
  }
  return found;
}

// Time: which scene, which moment, and how it goes on.

const state = { scene: -1, time: 0, duration: 0, rate_hz: 1, playing: false, speed: 1, loop: true };
const PATH_S = 1;  // a body is followed along its path averaged over so long, so that it still sways
let stale = true, last = 0;
const listeners = [];

function changed() {
  stale = true;
}

function tick(now) {
  if (state.playing) advance(Math.min((now - last) / 1000, 0.1) * state.speed);
  last = now;
  if (stale) {
    stale = false;
    draw(state.time);
    for (const listen of listeners) listen();
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
  changed();
}

function play(playing = !state.playing) {
  if (playing && state.time >= state.duration) state.time = 0;
  state.playing = playing;
  changed();
}

// To whole frames; from between two frames to the nearer end of that step.
function step(frames) {
  const frame = state.time * state.rate_hz;
  const whole = frames > 0 ? Math.floor(frame + 1e-3) : Math.ceil(frame - 1e-3);
  state.playing = false;
  seek((whole + frames) / state.rate_hz);
}

async function showScene(number) {
  const scene = data.scenes[number];
  state.asked = number;
  const clips = await Promise.all(scene.bodies.map((body) => openClip(body.clip))).catch(tellTrouble);
  if (state.asked !== number) return;  // another one was asked for meanwhile
  shown.bodies = scene.bodies.map((body, i) => openBody(body, clips[i]));
  shown.pairs = openPairs(scene.pairs, clips[0].skeleton.names.length);
  if (shown.pairs) options.threshold = firstThreshold(shown.pairs);
  rooms.clear();
  options.apart = apartOf(scene) && scene.bodies.length > 1;
  state.scene = number;
  state.rate_hz = clips[0].rate_hz;
  state.duration = Math.max(...shown.bodies.map((body) => (body.stop - body.start - 1) / body.clip.rate_hz));
  state.time = 0;
  options.follow = travelsFar();
  resetView(shown.bodies);
  changed();
}

function tellTrouble(error) {
  const caption = document.getElementById("caption");
  caption.textContent = `This browser cannot open the page; one of 2023 or later can. (${error.message})`;
  throw error;
}

const chosenApart = new Map();  // by group, once the reader has chosen

function apartOf(scene) {
  return chosenApart.get(scene.group) ?? scene.apart;
}

function openBody(body, clip) {
  const opened = { ...body, clip, hidden: false, traced: new Set() };
  opened.path = pathOf(opened);
  return opened;
}

// The smoothed way of a body over the floor, as a function of its frame.
function pathOf(body) {
  const frames = body.stop - body.start, half = Math.round((PATH_S * body.clip.rate_hz) / 2);
  const sums = [[0, 0, 0]];
  for (let t = body.start; t < body.stop; t++) {
    const sum = [...sums[sums.length - 1]];
    eachMarker(body, t, (x, y) => { sum[0] += x; sum[1] += y; sum[2] += 1; });
    sums.push(sum);
  }
  const placeAt = (at) => {
    const from = sums[Math.max(0, at - half)], to = sums[Math.min(frames, at + half + 1)];
    const count = to[2] - from[2] || 1;
    return [(to[0] - from[0]) / count, (to[1] - from[1]) / count];
  };
  return (frame) => {
    const at = Math.min(frames - 1, Math.max(0, frame)), first = Math.floor(at), share = at - first;
    const [before, after] = [placeAt(first), placeAt(Math.min(frames - 1, first + 1))];
    return before.map((value, k) => value * (1 - share) + after[k] * share);
  };
}
