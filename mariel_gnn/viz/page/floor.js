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
