// The floor and what lies on it: a grid that fades out, shadows, and trails in the air above.

const CELL_M = 0.5, TRAIL_S = 1.2, TRAIL_STEPS = 6;

// Lines within a circle about the place that is looked at, each fading towards its ends and its side.
function drawFloor(ctx, panel, colour) {
  const radius = Math.max(2, panel.reach + 1), [cx, cy] = panel.target;
  ctx.lineWidth = 1;
  for (const along of [0, 1]) {
    const middle = along ? cy : cx;
    for (let line = Math.ceil((middle - radius) / CELL_M) * CELL_M; line < middle + radius; line += CELL_M) {
      const near = 1 - ((line - middle) / radius) ** 2, half = radius * Math.sqrt(near);
      const ends = along ? [cx - half, line, 0, cx + half, line, 0] : [line, cy - half, 0, line, cy + half, 0];
      drawFloorLine(ctx, project(ends, panel, new Float32Array(8)), colour, near);
    }
  }
}

function drawFloorLine(ctx, [x1, y1, , , x2, y2], colour, strength) {
  const fade = ctx.createLinearGradient(x1, y1, x2, y2);
  fade.addColorStop(0, `rgb(${colour} / 0)`);
  fade.addColorStop(0.5, `rgb(${colour} / ${strength.toFixed(2)})`);
  fade.addColorStop(1, `rgb(${colour} / 0)`);
  ctx.strokeStyle = fade;
  ctx.beginPath();
  ctx.moveTo(x1, y1);
  ctx.lineTo(x2, y2);
  ctx.stroke();
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
