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
