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
