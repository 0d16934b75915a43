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
