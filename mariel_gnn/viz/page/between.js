// Edges between two bodies: decoding, and lines from one to the other.

const DASHES = [[], [], [7, 6], [0.1, 7]];  // pixels, of each kind; colours alone do not tell all kinds apart
const THINNEST = 0.6, THICKEST = 2, FAINTEST = 0.3, END = 0.9;
const DASHED_SHARE = 0.7;  // of the width: there are many more of them
const LEAST_STRENGTH = 0.3;  // the threshold at first
Object.assign(options, { least: LEAST_STRENGTH, hiddenKinds: new Set() });

// The inverse of encode_edges in encoding.py: for each frame its range of codes and strengths.
async function decodeBetween(between, frames, markers) {
  const bytes = await inflate(between.runs);
  const numbers = decodeVarints(bytes, bytes.reduce((count, byte) => count + (byte < 0x80), 0));
  const ends = new Int32Array(frames + 2);
  eachEdge(numbers, (frame) => { ends[frame + 2]++; });
  for (let frame = 2; frame < ends.length; frame++) ends[frame] += ends[frame - 1];
  const codes = new Int32Array(ends[frames + 1]), strengths = new Uint8Array(codes.length);
  eachEdge(numbers, (frame, code, strength) => {
    const at = ends[frame + 1]++;
    codes[at] = code;
    strengths[at] = strength;
  });
  return { ...between, markers, codes, strengths, ends };
}

function eachEdge(numbers, visit) {
  for (let at = 0, code = 0; at < numbers.length;) {
    code += numbers[at];
    const [start, length] = [numbers[at + 1], numbers[at + 2]];
    at += 3;
    for (let i = 0, strength = 0; i < length; i++) visit(start + i, code, strength += numbers[at + i]);
    at += length;
  }
}

// The edges at a fractional frame that are to be drawn, weakest first, dashed ones under the others; an edge
// of only one of two frames fades.
function edgesAt(between, frame) {
  const found = new Map(), first = Math.floor(frame), share = frame - first;
  for (const [t, weight] of [[first, 1 - share], [first + 1, share]]) {
    if (t < 0 || t >= between.ends.length - 2 || !weight) continue;
    for (let i = between.ends[t]; i < between.ends[t + 1]; i++) {
      found.set(between.codes[i], (found.get(between.codes[i]) ?? 0) + (weight * between.strengths[i]) / 255);
    }
  }
  return [...found]
    .map(([code, strength]) => edgeOf(between, code, strength))
    .filter(({ kind, strength }) => strength >= options.least && !options.hiddenKinds.has(kind.name))
    .sort((one, other) => isDashed(other.kind) - isDashed(one.kind) || one.strength - other.strength);
}

function isDashed(kind) {
  return DASHES[kind.style % DASHES.length].length > 0;
}

function edgeOf({ kinds, markers }, code, strength) {
  const pair = Math.floor(code / kinds.length);
  return { kind: kinds[code % kinds.length], a: Math.floor(pair / markers), b: pair % markers, strength };
}

// Over all panels, because the two bodies may be side by side.
function drawBetween(ctx, time) {
  ctx.save();
  ctx.lineCap = "round";
  for (const between of shown.between) {
    const [first, second] = between.bodies.map((number) =>
      shown.figures.find((figure) => figure.body === shown.bodies[number]));
    if (!first || !second) continue;
    for (const edge of edgesAt(between, time * first.body.clip.rate_hz)) drawEdge(ctx, edge, first.screen, second.screen);
  }
  ctx.restore();
}

function drawEdge(ctx, { kind, a, b, strength }, from, to) {
  if (from[4 * a] !== from[4 * a] || to[4 * b] !== to[4 * b]) return;  // a marker is missing
  const above = (strength - options.least) / (1 - options.least || 1), style = kind.style % colours.between.length;
  const full = strokeWidth(from[4 * a + 3]) * (isDashed(kind) ? DASHED_SHARE : 1);
  const width = full * (THINNEST + (THICKEST - THINNEST) * above);
  ctx.globalAlpha = FAINTEST + (1 - FAINTEST) * above;
  ctx.lineWidth = width;
  ctx.setLineDash(DASHES[style]);
  ctx.strokeStyle = ctx.fillStyle = colours.between[style];
  ctx.beginPath();
  ctx.moveTo(from[4 * a], from[4 * a + 1]);
  ctx.lineTo(to[4 * b], to[4 * b + 1]);
  ctx.stroke();
  ctx.beginPath();
  for (const [x, y] of [[from[4 * a], from[4 * a + 1]], [to[4 * b], to[4 * b + 1]]]) {
    ctx.moveTo(x, y);
    ctx.arc(x, y, END * Math.max(width, 1.8), 0, 2 * Math.PI);
  }
  ctx.fill();
}

// Bodies are pale under edges, which have colours of their own.
function drawsBetween() {
  return shown.between.some(({ kinds }) => kinds.some(({ name }) => !options.hiddenKinds.has(name)));
}
