// The floor and what lies on it: a grid that fades out, shadows, and trails in the air above.

const CELL_M = 0.5, RINGS = 8, TRAIL_S = 1.2, TRAIL_STEPS = 6;

// Lines within a circle about the place that is looked at, ring by ring fainter; a gradient for each line would
// cost as much as the bodies.
function drawFloor(ctx, panel, colour) {
  const radius = Math.max(2, panel.reach + 1);
  ctx.lineWidth = 1;
  ctx.lineCap = "butt";
  for (let ring = 0; ring < RINGS; ring++) {
    ctx.beginPath();
    floorRing(ctx, panel, (radius * ring) / RINGS, (radius * (ring + 1)) / RINGS);
    ctx.strokeStyle = `rgb(${colour} / ${(1 - (ring + 0.5) / RINGS).toFixed(2)})`;
    ctx.stroke();
  }
  ctx.lineCap = "round";
}

function floorRing(ctx, panel, inner, outer) {
  const half = (radius, side) => Math.sqrt(Math.max(0, radius ** 2 - side ** 2));
  for (const along of [0, 1]) {
    const middle = panel.target[1 - along], centre = panel.target[along];
    for (let line = Math.ceil((middle - outer) / CELL_M) * CELL_M; line < middle + outer; line += CELL_M) {
      const from = half(inner, line - middle), to = half(outer, line - middle);
      for (const [start, stop] of from > 0 ? [[-to, -from], [from, to]] : [[-to, to]]) {
        const [a, b] = [centre + start, centre + stop];
        floorLine(ctx, panel, along ? [line, a, 0, line, b, 0] : [a, line, 0, b, line, 0]);
      }
    }
  }
}

function floorLine(ctx, panel, ends) {
  const [x1, y1, , , x2, y2] = project(ends, panel, new Float32Array(8));
  ctx.moveTo(x1, y1);
  ctx.lineTo(x2, y2);
}

function drawShadow(ctx, panel, figure, colour) {
  const flat = figure.points.map((value, i) => (i % 3 === 2 ? value * 0 : value));
  const screen = project(flat, panel, new Float32Array(figure.screen.length));
  drawFlat(ctx, figure.body.clip.skeleton, screen, [colour, colour, colour], 1.6 * strokeWidth(panel.scale));
}

// Where markers have been: the older, the fainter.
function drawTrails(ctx, panel, figure, markers, frame) {
  const { clip, start } = figure.body, width = 3 * clip.skeleton.names.length;
  const now = Math.floor(frame), past = Math.max(0, now - Math.round(TRAIL_S * clip.rate_hz));
  ctx.lineWidth = 0.9 * strokeWidth(panel.scale);
  ctx.lineCap = "butt";  // round ends of pale steps would show twice
  for (const marker of markers) {
    const path = [];
    for (let t = past; t <= Math.min(now, figure.body.stop - 1 - start); t++) {
      const at = (start + t) * width + 3 * marker;
      path.push(clip.positions[at], clip.positions[at + 1], clip.positions[at + 2]);
    }
    path.push(...figure.points.subarray(3 * marker, 3 * marker + 3));
    ctx.strokeStyle = figure.colours[LINE][clip.skeleton.sides[marker]][0];
    drawFading(ctx, project(path, panel, new Float32Array((path.length / 3) * 4)));
  }
  ctx.globalAlpha = 1;
  ctx.lineCap = "round";
}

function drawFading(ctx, screen) {
  const points = screen.length / 4, each = Math.max(1, Math.ceil((points - 1) / TRAIL_STEPS));
  for (let from = 0; from < points - 1; from += each) {
    const to = Math.min(from + each, points - 1);
    ctx.globalAlpha = 0.08 + (0.72 * to) / points;
    ctx.beginPath();
    curve(ctx, screen, from, to);
    ctx.stroke();
  }
}

// A smooth curve past points: it goes from the middle of one step to the middle of the next.
function curve(ctx, screen, from, to) {
  for (let i = from, pen = false; i < to; i++) {
    const [x, y] = [screen[4 * i], screen[4 * i + 1]];
    const middle = [(x + screen[4 * i + 4]) / 2, (y + screen[4 * i + 5]) / 2];
    const known = middle[0] === middle[0];
    if (known && !pen) {
      const before = i > 0 && screen[4 * i - 4] === screen[4 * i - 4];
      if (before) ctx.moveTo((x + screen[4 * i - 4]) / 2, (y + screen[4 * i - 3]) / 2);
      else ctx.moveTo(x, y);
    }
    if (known) ctx.quadraticCurveTo(x, y, ...middle);
    if (known && i === screen.length / 4 - 2) ctx.lineTo(screen[4 * i + 4], screen[4 * i + 5]);
    pen = known;
  }
}

// How much room bodies take, and the scale at which none leaves the picture however it is turned.

const MARGIN_M = 0.1, ABOVE_PX = 38, BELOW_PX = 22;  // for strokes and heads; for names and legend
const STAYS_FROM = 0.72, MOMENTS = 400, LOST = 0.5;
const rooms = new Map();  // of the bodies of this scene

function roomOf(bodies) {
  const key = bodies.map((body) => shown.bodies.indexOf(body)).join();
  if (!rooms.has(key)) rooms.set(key, measuredRoom(bodies));
  return rooms.get(key);
}

// Where bodies are over the whole phrase: on the floor, about the path of the group, and in height.
function measuredRoom(bodies) {
  const x = [], y = [], z = [], arms = [];
  for (const body of bodies) {
    const step = Math.max(1, Math.floor((body.stop - body.start) / MOMENTS));
    for (let t = body.start; t < body.stop; t += step) {
      const centre = groupPlace(bodies, (t - body.start) / body.clip.rate_hz);
      eachMarker(body, t, (px, py, pz) => {
        x.push(px); y.push(py); z.push(pz);
        arms.push(Math.hypot(px - centre[0], py - centre[1]));
      });
    }
  }
  const [west, east] = ends(x), [south, north] = ends(y), [low, high] = ends(z);
  return {
    middle: [(west + east) / 2, (south + north) / 2],
    reach: Math.max(0.6, Math.hypot(east - west, north - south) / 2),
    arms: Math.max(0.6, ends(arms)[1]),
    bottom: Math.min(0, low),
    top: Math.max(1, high),
  };
}

// Least and greatest, without what lies far beyond nearly all: a lost marker makes nobody small.
function ends(values) {
  if (!values.length) return [0, 0];
  const sorted = Float64Array.from(values).sort();
  const [low, high] = [0.01, 0.99].map((share) => sorted[Math.round(share * (sorted.length - 1))]);
  const beyond = LOST * (high - low);
  return [sorted.find((value) => value >= low - beyond), sorted.findLast((value) => value <= high + beyond)];
}

// Where a group is at a moment: the mean of its bodies' paths, which a camera that follows looks at.
function groupPlace(bodies, time) {
  const places = bodies.map((body) => body.path(time * body.clip.rate_hz));
  return [0, 1].map((k) => places.reduce((sum, place) => sum + place[k], 0) / places.length);
}

// The camera of panels of one size and scale, so that bodies in them can be compared.
function fitted(needed, follow) {
  const width = canvas.clientWidth / Math.max(1, needed.length);
  const most = (size) => Math.max(...needed.map(size));
  const reach = most((room) => (follow ? room.arms : room.reach));
  const top = most((room) => room.top), bottom = -most((room) => -room.bottom);
  const { across, above, below, eye } = extent(reach + MARGIN_M, (top - bottom) / 2 + MARGIN_M);
  const height = canvas.clientHeight - ABOVE_PX - BELOW_PX;
  const scale = Math.min(width / (2 * across), height / (above + below));
  const free = height - scale * (above + below);
  return { width, reach, eye, scale, height: (top + bottom) / 2, level: ABOVE_PX + free / 2 + scale * above };
}

// How far a cylinder comes out to each side, upwards and downwards, in metres at its middle: its near parts
// look larger. What comes farthest up and down are its rims where they are nearest and farthest.
function extent(reach, half) {
  const eye = EYE_M * Math.max(1, reach / 3, half / 3);
  const se = Math.sin(view.elevation), ce = Math.cos(view.elevation);
  const heights = [reach, -reach].flatMap((r) => [half, -half].map((z) =>
    ((z * ce - r * se) * eye) / (eye - r * ce - z * se)));
  const nearest = eye - half * Math.abs(se);
  const across = (reach * eye) / Math.sqrt(nearest ** 2 - (reach * ce) ** 2);
  return { across, above: Math.max(...heights), below: -Math.min(...heights), eye };
}

// Whether a camera that stays would make the dancers small.
function travelsFar() {
  const needed = panelGroups().map(roomOf);
  return fitted(needed, false).scale < STAYS_FROM * fitted(needed, true).scale;
}

// The stage: panels of one scene on the canvas, drawn when something has changed.

const GHOST_S = [0.36, 0.24, 0.12], GHOST_PALE = [0.86, 0.76, 0.64];
const FLESH_M = 0.075, FLESH_PALE = 0.84;
const canvas = document.getElementById("stage");
const ctx = canvas.getContext("2d");
const shown = { bodies: [], pairs: null, panels: [], figures: [] };
const options = { apart: false, trails: false, ghost: false, lines: true, follow: false, edges: false, threshold: 0 };
let paints = null;

// Colours come from the style, so that light and dark are said in one place.
function readPaints() {
  const style = getComputedStyle(document.documentElement);
  const triple = (name) => style.getPropertyValue(`--${name}`).trim().split(" ").map(Number);
  const paper = triple("raised");
  const tones = [0, 1, 2].map((tone) => ["left", "right", "middle"].map((side) => triple(`tone-${tone}-${side}`)));
  paints = {
    edge: `rgb(${triple("edge").join(" ")})`,
    grid: triple("grid").join(" "),
    shadow: `rgb(${triple("shadow").join(" ")})`,
    tones: tones.map((sides) => LOOKS.map((look) => sides.map((colour) => ramp(colour, paper, look)))),
    flesh: tones.map((sides) => sides.map((colour) => mixed(colour, paper, FLESH_PALE))),
    ghosts: tones.map((sides) => GHOST_PALE.map((pale) => sides.map((colour) => mixed(colour, paper, pale)))),
  };
}

function ramp(colour, paper, look) {
  return Array.from({ length: SHADES }, (_, i) =>
    mixed(colour, paper, look.near + ((look.far - look.near) * i) / (SHADES - 1)));
}

function mixed(colour, paper, pale) {
  return `rgb(${colour.map((value, k) => Math.round(value * (1 - pale) + paper[k] * pale)).join(" ")})`;
}

// Alone in its panel a body has the full colours; under edges it steps back.
function toneOf(body) {
  if (options.edges && shown.pairs && body === shown.bodies[0]) return 2;
  return options.apart ? 0 : shown.bodies.indexOf(body) % paints.tones.length;
}

function visible() {
  return shown.bodies.filter((body) => !body.hidden);
}

// One panel for each body, or one for all; at one scale, so that bodies can be compared.
function layOut() {
  const groups = panelGroups(), needed = groups.map(roomOf);
  const { width, reach, eye, scale, height, level } = fitted(needed, options.follow);
  shown.panels = groups.map((group, i) => ({
    bodies: group, left: i * width, width, reach, eye, scale: scale * view.zoom,
    middle: [(i + 0.5) * width + view.pan[0], level + view.pan[1]],
    target: [...needed[i].middle, height],
  }));
}

function panelGroups() {
  return options.apart ? visible().map((body) => [body]) : [visible()];
}

function draw(time) {
  const ratio = window.devicePixelRatio || 1;
  const width = Math.round(canvas.clientWidth * ratio), height = Math.round(canvas.clientHeight * ratio);
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  ctx.clearRect(0, 0, canvas.clientWidth, canvas.clientHeight);
  shown.figures = [];
  if (!shown.bodies.length) return;
  layOut();
  for (const panel of shown.panels) drawPanel(panel, time);
}

function drawPanel(panel, time) {
  if (options.follow && panel.bodies.length) panel.target.splice(0, 2, ...groupPlace(panel.bodies, time));
  const figures = panel.bodies.map((body) => figureAt(body, panel, time));
  ctx.save();
  ctx.beginPath();
  ctx.rect(panel.left, 0, panel.width, canvas.clientHeight);
  ctx.clip();
  ctx.lineCap = ctx.lineJoin = "round";
  drawFloor(ctx, panel, paints.grid);
  for (const figure of figures) drawShadow(ctx, panel, figure, paints.shadow);
  if (options.ghost) for (const figure of figures) drawGhost(panel, figure, time);
  for (const figure of figures) {
    const markers = options.trails ? new Set([...figure.body.clip.trails, ...figure.body.traced]) : figure.body.traced;
    drawTrails(ctx, panel, figure, markers, time * figure.body.clip.rate_hz);
  }
  for (const figure of figures) drawFlesh(figure);
  drawBodies(ctx, figures, options.lines);
  // Edges are told of what the encoder hears: the first body.
  const heard = figures.find((figure) => figure.body === shown.bodies[0]);
  if (options.edges && shown.pairs && heard) drawPairs(ctx, shown.pairs, options.threshold, heard.screen, paints.edge);
  ctx.restore();
  shown.figures.push(...figures);
}

function figureAt(body, panel, time, ahead = 0) {
  const points = pose(body, (time + ahead) * body.clip.rate_hz, pointsFor(body));
  const screen = project(points, panel, new Float32Array((points.length / 3) * 4));
  const tone = toneOf(body);
  return { body, points, screen, tone, colours: paints.tones[tone] };
}

// A pale breadth under the lines, so that limbs read as limbs and the trunk as one.
function drawFlesh({ body, screen, tone }) {
  drawFlat(ctx, body.clip.skeleton, screen, paints.flesh[tone], FLESH_M * medianScale(screen));
}

function drawGhost(panel, figure, time) {
  GHOST_S.forEach((ahead, i) => {
    const { screen } = figureAt(figure.body, panel, time, ahead);
    const width = 0.8 * strokeWidth(panel.scale);
    drawFlat(ctx, figure.body.clip.skeleton, screen, paints.ghosts[figure.tone][i], width);
  });
}
