// A figure: one body at one moment on the screen. Far strokes and dots are paler and lie under near ones.

const SHADES = 6, HALF_DEPTH_M = 0.6;
const EDGE = 0, GAP_EDGE = 1, DOT = 2, HEAD = 3, NOSE = 4;
const MARK_STYLES = [  // width in strokes, paleness near and far, metres lifted towards the viewer
  { width: 1, near: 0, far: 0.5, lift: 0 },
  { width: 0.7, near: 0.4, far: 0.7, lift: 0 },
  { width: 1.7, near: 0, far: 0.5, lift: 0.01 },
  { width: 0, near: 0.76, far: 0.84, lift: -0.12 },
  { width: 1.8, near: 0, far: 0.3, lift: -0.07 },
];
const STROKE_M = 0.0125, HEAD_RADIUS_M = 0.11, BELOW_BAND_M = 0.04, NOSE_M = 0.15;
const BAND_RISE = (37 * Math.PI) / 180;  // angle of the headband, from the neck to the forehead

// The marks of a skeleton: [from, to, kind, side] each; the two ends of a dot are equal.
function marksOf(skeleton) {
  if (skeleton.marks) return skeleton.marks;
  const { sides, edges, gap_edges, names } = skeleton;
  const sideOf = (a, b) => (sides[a] === sides[b] ? sides[a] : 2);
  const marks = [
    ...edges.map(([a, b]) => [a, b, EDGE, sideOf(a, b)]),
    ...gap_edges.map(([a, b]) => [a, b, GAP_EDGE, sideOf(a, b)]),
    ...names.map((_, i) => [i, i, DOT, sides[i]]),
  ];
  if (skeleton.head) marks.push([names.length, names.length, HEAD, 2], [names.length, names.length + 1, NOSE, 2]);
  skeleton.marks = marks;
  return marks;
}

// Interpolated markers at a fractional frame, then the head's middle and nose; NaN where a marker is missing.
function pose(body, frame, points) {
  const { positions, skeleton } = body.clip;
  const count = 3 * skeleton.names.length;
  const last = body.stop - 1 - body.start;
  if (frame < 0 || frame > last + 0.5) return points.fill(NaN);
  const first = Math.min(Math.floor(frame), last), share = Math.min(frame - first, 1);
  const at = (body.start + first) * count;
  const next = share > 0 && first < last ? at + count : at;
  for (let i = 0; i < count; i++) points[i] = positions[at + i] * (1 - share) + positions[next + i] * share;
  if (skeleton.head) addHead(points, skeleton.head, count);
  return points;
}

function pointsFor(body) {
  return new Float32Array(3 * (body.clip.skeleton.names.length + (body.clip.skeleton.head ? 2 : 0)));
}

// As head_of in bodies.py.
function addHead(points, [lf, rf, lb, rb], at) {
  const sum = (a, b, c, d) => [0, 1, 2].map((k) =>
    points[3 * lf + k] * a + points[3 * rf + k] * b + points[3 * lb + k] * c + points[3 * rb + k] * d);
  const along = unit(sum(1, 1, -1, -1)), across = unit(cross(along, sum(1, -1, 1, -1)));
  const sin = Math.sin(BAND_RISE), cos = Math.cos(BAND_RISE), middle = sum(0.25, 0.25, 0.25, 0.25);
  for (let k = 0; k < 3; k++) {
    points[at + k] = middle[k] - BELOW_BAND_M * (sin * along[k] + cos * across[k]);
    points[at + 3 + k] = points[at + k] + NOSE_M * (cos * along[k] - sin * across[k]);
  }
}

function cross(a, b) {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

function unit(a) {
  const length = Math.hypot(...a) || 1;
  return a.map((value) => value / length);
}

// All figures of a panel are sorted by depth at once, so that near limbs cover far ones of another body.
function drawFigures(ctx, figures, withEdges) {
  const order = [];
  for (const figure of figures) {
    const { screen } = figure, middle = medianDepth(screen);
    for (const [a, b, kind, side] of marksOf(figure.body.clip.skeleton)) {
      if (!withEdges && kind < DOT) continue;
      const depth = (screen[4 * a + 2] + screen[4 * b + 2]) / 2;
      if (depth !== depth) continue;
      const share = Math.min(1, Math.max(0, (middle - depth + HALF_DEPTH_M) / (2 * HALF_DEPTH_M)));
      const colour = figure.colours[kind][side][Math.round(share * (SHADES - 1))];
      order.push({ depth: depth + MARK_STYLES[kind].lift, screen, a, b, kind, colour });
    }
  }
  order.sort((one, other) => one.depth - other.depth);
  for (const mark of order) drawMark(ctx, mark);
}

function drawMark(ctx, { screen, a, b, kind, colour }) {
  const scale = (screen[4 * a + 3] + screen[4 * b + 3]) / 2;
  const stroke = strokeWidth(scale);
  ctx.beginPath();
  if (a === b) {
    const radius = kind === HEAD ? HEAD_RADIUS_M * scale : (MARK_STYLES[kind].width * stroke) / 2;
    ctx.arc(screen[4 * a], screen[4 * a + 1], radius, 0, 2 * Math.PI);
    ctx.fillStyle = colour;
    ctx.fill();
    return;
  }
  ctx.moveTo(screen[4 * a], screen[4 * a + 1]);
  ctx.lineTo(screen[4 * b], screen[4 * b + 1]);
  ctx.lineWidth = MARK_STYLES[kind].width * stroke;
  ctx.strokeStyle = colour;
  ctx.stroke();
}

function strokeWidth(scale) {
  return Math.max(1.3, STROKE_M * scale);
}

function medianDepth(screen) {
  return median(screen, 2);
}

function medianScale(screen) {
  return median(screen, 3);
}

function median(screen, column) {
  const finite = [];
  for (let i = column; i < screen.length; i += 4) if (screen[i] === screen[i]) finite.push(screen[i]);
  return finite.sort((a, b) => a - b)[finite.length >> 1] ?? 0;
}

// Edges in one colour for each side, without depth: for ghosts, body fills and shadows.
function drawFlat(ctx, skeleton, screen, colours, width) {
  for (const side of [2, 1, 0]) {
    ctx.beginPath();
    for (const [a, b, kind, own] of marksOf(skeleton)) {
      const finite = screen[4 * a] === screen[4 * a] && screen[4 * b] === screen[4 * b];
      if (kind > GAP_EDGE || own !== side || !finite) continue;
      ctx.moveTo(screen[4 * a], screen[4 * a + 1]);
      ctx.lineTo(screen[4 * b], screen[4 * b + 1]);
    }
    ctx.strokeStyle = colours[side];
    ctx.lineWidth = width;
    ctx.stroke();
  }
}

// Attention: weighted marker pairs above a threshold. A larger weight is wider and more opaque.

const PAIRS_AT_FIRST = 40;

function decodePairs(pairs, markers) {
  if (!pairs) return null;
  const shares = fromBase64(pairs.shares), found = [];
  for (let a = 0, n = 0; a < markers; a++) {
    for (let b = a + 1; b < markers; b++, n++) if (shares[n]) found.push({ a, b, share: shares[n] / 255 });
  }
  found.sort((one, other) => other.share - one.share);
  const [unit, note] = [data.notes[pairs.unit], data.notes[pairs.note]];
  return { ranked: found, least: found.at(-1)?.share ?? 0, most: pairs.most, unit, note };
}

// The threshold that leaves PAIRS_AT_FIRST pairs.
function firstThreshold(pairs) {
  return pairs.ranked[Math.min(PAIRS_AT_FIRST, pairs.ranked.length) - 1]?.share ?? 0;
}

function drawPairs(ctx, pairs, threshold, screen, colour) {
  const above = pairs.ranked.filter((edge) => edge.share >= threshold);
  ctx.strokeStyle = colour;
  for (const { a, b, share } of above.reverse()) {
    const strength = (share - threshold) / (1 - threshold || 1);
    ctx.globalAlpha = 0.25 + 0.65 * strength;
    ctx.lineWidth = strokeWidth(screen[4 * a + 3]) * (0.45 + 1.3 * strength);
    ctx.beginPath();
    ctx.moveTo(screen[4 * a], screen[4 * a + 1]);
    ctx.lineTo(screen[4 * b], screen[4 * b + 1]);
    ctx.stroke();
  }
  ctx.globalAlpha = 1;
}
