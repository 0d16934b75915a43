// The stage: the panels of one scene on the canvas. A frame is drawn only when something has changed.

const GHOST_S = [0.36, 0.24, 0.12], GHOST_PALENESS = [0.86, 0.76, 0.64];
const FILL_M = 0.075, FILL_PALENESS = 0.84;
const PALE_BODY = 2;  // the colours of a body under attention edges
const UNDER_EDGES = 0.4;  // paleness of bodies under edges between them
const canvas = document.getElementById("stage");
const ctx = canvas.getContext("2d");
const shown = { bodies: [], pairs: null, between: [], panels: [], figures: [] };
const options = {
  sideBySide: false, trails: false, ghost: false, edges: true, follow: false, attention: false, threshold: 0,
};
let colours = null;

// The style sheet is the only place that defines light and dark.
function readColours() {
  const style = getComputedStyle(document.documentElement);
  const rgb = (name) => style.getPropertyValue(`--${name}`).trim().split(" ").map(Number);
  const background = rgb("raised");
  const bodies = [0, 1, 2].map((body) => ["left", "right", "middle"].map((side) => rgb(`body-${body}-${side}`)));
  colours = {
    attention: `rgb(${rgb("attention").join(" ")})`,
    between: DASHES.map((_, kind) => `rgb(${rgb(`between-${kind}`).join(" ")})`),
    grid: rgb("grid").join(" "),
    shadow: `rgb(${rgb("shadow").join(" ")})`,
    bodies: bodies.map((sides) => ramps(sides, background, 0)),
    underEdges: bodies.map((sides) => ramps(sides, background, UNDER_EDGES)),
    fills: bodies.map((sides) => sides.map((side) => blend(side, background, FILL_PALENESS))),
    ghosts: bodies.map((sides) => GHOST_PALENESS.map((paleness) =>
      sides.map((side) => blend(side, background, paleness)))),
  };
}

// The colours of each kind of mark and each side, near to far.
function ramps(sides, background, paleness) {
  return MARK_STYLES.map((style) => sides.map((side) => ramp(side, background, style, paleness)));
}

function ramp(colour, background, style, paleness) {
  return Array.from({ length: SHADES }, (_, i) => {
    const depth = style.near + ((style.far - style.near) * i) / (SHADES - 1);
    return blend(colour, background, 1 - (1 - depth) * (1 - paleness));
  });
}

function blend(colour, background, paleness) {
  const mixed = colour.map((value, k) => Math.round(value * (1 - paleness) + background[k] * paleness));
  return `rgb(${mixed.join(" ")})`;
}

// A body alone in its panel has the full colours, generated frames have those of the second body.
function colourNumber(body, frame = state.time * body.clip.rate_hz) {
  if (body.generated) return body.generated.some(([start, stop]) => start <= frame + 0.5 && frame + 0.5 < stop) ? 1 : 0;
  if (options.attention && shown.pairs && body === shown.bodies[0]) return PALE_BODY;
  return options.sideBySide ? 0 : shown.bodies.indexOf(body) % colours.bodies.length;
}

function visibleBodies() {
  return shown.bodies.filter((body) => !body.hidden);
}

// The bodies of each panel.
function panelBodies() {
  return options.sideBySide ? visibleBodies().map((body) => [body]) : [visibleBodies()];
}

function layOut() {
  const groups = panelBodies(), panelExtents = groups.map(extentOf);
  const { width, reach, eye, scale, height, level } = fitPanels(panelExtents, options.follow);
  shown.panels = groups.map((bodies, i) => ({
    bodies, left: i * width, width, reach, eye, scale: scale * view.zoom,
    middle: [(i + 0.5) * width + view.pan[0], level + view.pan[1]],
    target: [...panelExtents[i].middle, height],
  }));
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
  drawBetween(ctx, time);
}

function drawPanel(panel, time) {
  if (options.follow && panel.bodies.length) panel.target.splice(0, 2, ...groupPosition(panel.bodies, time));
  const figures = panel.bodies.map((body) => figureAt(body, panel, time));
  ctx.save();
  ctx.beginPath();
  ctx.rect(panel.left, 0, panel.width, canvas.clientHeight);
  ctx.clip();
  ctx.lineCap = ctx.lineJoin = "round";
  drawFloor(ctx, panel, colours.grid);
  for (const figure of figures) drawShadow(ctx, panel, figure, colours.shadow);
  if (options.ghost) for (const figure of figures) drawGhost(panel, figure, time);
  for (const figure of figures) {
    const markers = options.trails ? new Set([...figure.body.clip.trails, ...figure.body.traced]) : figure.body.traced;
    drawTrails(ctx, panel, figure, markers, time * figure.body.clip.rate_hz);
  }
  for (const figure of figures) drawFill(figure);
  drawFigures(ctx, figures, options.edges);
  // The first body is the encoder's input, to which the attention belongs.
  const input = figures.find((figure) => figure.body === shown.bodies[0]);
  if (options.attention && shown.pairs && input) {
    drawPairs(ctx, shown.pairs, options.threshold, input.screen, colours.attention);
  }
  ctx.restore();
  shown.figures.push(...figures);
}

function figureAt(body, panel, time, ahead = 0) {
  const points = pose(body, (time + ahead) * body.clip.rate_hz, pointsFor(body));
  const screen = project(points, panel, new Float32Array((points.length / 3) * 4));
  const number = colourNumber(body, (time + ahead) * body.clip.rate_hz);
  const ownColours = (drawsBetween() ? colours.underEdges : colours.bodies)[number];
  return { body, points, screen, number, colours: ownColours };
}

// Wide pale strokes under the edges give limbs and trunk a volume.
function drawFill({ body, screen, number }) {
  drawFlat(ctx, body.clip.skeleton, screen, colours.fills[number], FILL_M * medianScale(screen));
}

function drawGhost(panel, figure, time) {
  GHOST_S.forEach((ahead, i) => {
    const { screen } = figureAt(figure.body, panel, time, ahead);
    const width = 0.8 * strokeWidth(panel.scale);
    drawFlat(ctx, figure.body.clip.skeleton, screen, colours.ghosts[figure.number][i], width);
  });
}

// The floor grid, shadows on it, and trails of markers.

const CELL_M = 0.5, RINGS = 8, TRAIL_S = 1.2, TRAIL_STEPS = 6;

// Grid lines within a circle around the target, fainter from ring to ring. A gradient for each line would
// take as long as the bodies.
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
  const halfChord = (radius, offset) => Math.sqrt(Math.max(0, radius ** 2 - offset ** 2));
  for (const along of [0, 1]) {
    const middle = panel.target[1 - along], centre = panel.target[along];
    for (let line = Math.ceil((middle - outer) / CELL_M) * CELL_M; line < middle + outer; line += CELL_M) {
      const from = halfChord(inner, line - middle), to = halfChord(outer, line - middle);
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
  const flat = figure.points.map((value, i) => (i % 3 === 2 ? value * 0 : value));  // NaN stays NaN
  const screen = project(flat, panel, new Float32Array(figure.screen.length));
  drawFlat(ctx, figure.body.clip.skeleton, screen, [colour, colour, colour], 1.6 * strokeWidth(panel.scale));
}

// The last TRAIL_S seconds of markers; older parts are fainter.
function drawTrails(ctx, panel, figure, markers, frame) {
  const { clip, start } = figure.body, width = 3 * clip.skeleton.names.length;
  const now = Math.floor(frame), past = Math.max(0, now - Math.round(TRAIL_S * clip.rate_hz));
  ctx.lineWidth = 0.9 * strokeWidth(panel.scale);
  ctx.lineCap = "butt";  // translucent round ends would overlap
  for (const marker of markers) {
    const path = [];
    for (let t = past; t <= Math.min(now, figure.body.stop - 1 - start); t++) {
      const at = (start + t) * width + 3 * marker;
      path.push(clip.positions[at], clip.positions[at + 1], clip.positions[at + 2]);
    }
    path.push(...figure.points.subarray(3 * marker, 3 * marker + 3));
    ctx.strokeStyle = figure.colours[EDGE][clip.skeleton.sides[marker]][0];
    drawFaintTail(ctx, project(path, panel, new Float32Array((path.length / 3) * 4)));
  }
  ctx.globalAlpha = 1;
  ctx.lineCap = "round";
}

function drawFaintTail(ctx, screen) {
  const points = screen.length / 4, each = Math.max(1, Math.ceil((points - 1) / TRAIL_STEPS));
  for (let from = 0; from < points - 1; from += each) {
    const to = Math.min(from + each, points - 1);
    ctx.globalAlpha = 0.08 + (0.72 * to) / points;
    ctx.beginPath();
    addCurve(ctx, screen, from, to);
    ctx.stroke();
  }
}

// A quadratic curve through the midpoints of successive points, interrupted where a point is missing.
function addCurve(ctx, screen, from, to) {
  for (let i = from, penDown = false; i < to; i++) {
    const [x, y] = [screen[4 * i], screen[4 * i + 1]];
    const middle = [(x + screen[4 * i + 4]) / 2, (y + screen[4 * i + 5]) / 2];
    const finite = middle[0] === middle[0];
    if (finite && !penDown) {
      const hasPrevious = i > 0 && screen[4 * i - 4] === screen[4 * i - 4];
      if (hasPrevious) ctx.moveTo((x + screen[4 * i - 4]) / 2, (y + screen[4 * i - 3]) / 2);
      else ctx.moveTo(x, y);
    }
    if (finite) ctx.quadraticCurveTo(x, y, ...middle);
    if (finite && i === screen.length / 4 - 2) ctx.lineTo(screen[4 * i + 4], screen[4 * i + 5]);
    penDown = finite;
  }
}
