// A body on the screen: strokes and dots, far ones paler and under near ones.

const SHADES = 6, HALF_DEPTH_M = 0.6;
const LINE = 0, FILLING = 1, DOT = 2, HEAD = 3, NOSE = 4;
const LOOKS = [  // width in strokes, paleness where near and where far, metres lifted towards the viewer
  { width: 1, near: 0, far: 0.5, lift: 0 },
  { width: 0.7, near: 0.4, far: 0.7, lift: 0 },
  { width: 1.7, near: 0, far: 0.5, lift: 0.01 },
  { width: 0, near: 0.76, far: 0.84, lift: -0.12 },
  { width: 1.8, near: 0, far: 0.3, lift: -0.07 },
];
const STROKE_M = 0.0125, HEAD_RADIUS_M = 0.11, BELOW_BAND_M = 0.04, NOSE_M = 0.15;
const BAND_RISE = (37 * Math.PI) / 180;  // of the four markers, from the neck to the forehead

// What a skeleton is drawn with: [from, to, kind, side] of each mark; a dot ends where it starts.
function marksOf(skeleton) {
  if (skeleton.marks) return skeleton.marks;
  const { sides, lines, fillings, names } = skeleton;
  const sideOf = (a, b) => (sides[a] === sides[b] ? sides[a] : 2);
  const marks = [
    ...lines.map(([a, b]) => [a, b, LINE, sideOf(a, b)]),
    ...fillings.map(([a, b]) => [a, b, FILLING, sideOf(a, b)]),
    ...names.map((_, i) => [i, i, DOT, sides[i]]),
  ];
  if (skeleton.head) marks.push([names.length, names.length, HEAD, 2], [names.length, names.length + 1, NOSE, 2]);
  skeleton.marks = marks;
  return marks;
}

// The markers at a moment between two frames, then the head's middle and nose; NaN where nothing is known.
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

// Draw bodies that share a panel, so that nearer limbs cover farther ones.
function drawBodies(ctx, figures, withLines) {
  const order = [];
  for (const figure of figures) {
    const { screen } = figure, middle = medianDepth(screen);
    for (const [a, b, kind, side] of marksOf(figure.body.clip.skeleton)) {
      if (!withLines && kind < DOT) continue;
      const depth = (screen[4 * a + 2] + screen[4 * b + 2]) / 2;
      if (depth !== depth) continue;
      const share = Math.min(1, Math.max(0, (middle - depth + HALF_DEPTH_M) / (2 * HALF_DEPTH_M)));
      const colour = figure.colours[kind][side][Math.round(share * (SHADES - 1))];
      order.push({ depth: depth + LOOKS[kind].lift, screen, a, b, kind, colour });
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
    const radius = kind === HEAD ? HEAD_RADIUS_M * scale : (LOOKS[kind].width * stroke) / 2;
    ctx.arc(screen[4 * a], screen[4 * a + 1], radius, 0, 2 * Math.PI);
    ctx.fillStyle = colour;
    ctx.fill();
    return;
  }
  ctx.moveTo(screen[4 * a], screen[4 * a + 1]);
  ctx.lineTo(screen[4 * b], screen[4 * b + 1]);
  ctx.lineWidth = LOOKS[kind].width * stroke;
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
  const known = [];
  for (let i = column; i < screen.length; i += 4) if (screen[i] === screen[i]) known.push(screen[i]);
  return known.sort((a, b) => a - b)[known.length >> 1] ?? 0;
}

// Lines of a body in one colour a side: how ghosts are drawn, and in one colour how shadows are.
function drawFlat(ctx, skeleton, screen, colours, width) {
  for (const side of [2, 1, 0]) {
    ctx.beginPath();
    for (const [a, b, kind, own] of marksOf(skeleton)) {
      const known = screen[4 * a] === screen[4 * a] && screen[4 * b] === screen[4 * b];
      if (kind > FILLING || own !== side || !known) continue;
      ctx.moveTo(screen[4 * a], screen[4 * a + 1]);
      ctx.lineTo(screen[4 * b], screen[4 * b + 1]);
    }
    ctx.strokeStyle = colours[side];
    ctx.lineWidth = width;
    ctx.stroke();
  }
}

// Edges between markers from a threshold on: the stronger, the wider and the darker.

const SHOWN_AT_FIRST = 40;

function openPairs(pairs, markers) {
  if (!pairs) return null;
  const shares = fromBase64(pairs.shares), found = [];
  for (let a = 0, n = 0; a < markers; a++) {
    for (let b = a + 1; b < markers; b++, n++) if (shares[n]) found.push({ a, b, share: shares[n] / 255 });
  }
  found.sort((one, other) => other.share - one.share);
  const [unit, note] = [data.notes[pairs.unit], data.notes[pairs.note]];
  return { edges: found, least: found.at(-1)?.share ?? 0, most: pairs.most, unit, note };
}

// The threshold over which a few edges stand out.
function firstThreshold(pairs) {
  return pairs.edges[Math.min(SHOWN_AT_FIRST, pairs.edges.length) - 1]?.share ?? 0;
}

function drawPairs(ctx, pairs, threshold, screen, colour) {
  const shown = pairs.edges.filter((edge) => edge.share >= threshold);
  ctx.strokeStyle = colour;
  for (const { a, b, share } of shown.reverse()) {
    const strength = (share - threshold) / (1 - threshold || 1);
    ctx.globalAlpha = 0.25 + 0.65 * strength;
    ctx.lineWidth = strokeWidth(screen[4 * a + 3]) * (0.45 + 1.3 * strength);
    ctx.beginPath();
    ctx.moveTo(screen[4 * a], screen[4 * a + 1]);
    ctx.lineTo(screen[4 * b], screen[4 * b + 1]);
    ctx.stroke();
  }
  ctx.globalAlpha = 1;
  return shown.length;
}
