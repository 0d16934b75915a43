// The camera orbits a target point. Room coordinates are metres, z up; pixels are y down.

const EYE_M = 9;  // distance of the eye at zoom 1, far enough for little perspective distortion
const STEEPEST = 1.5, LOWEST = -0.1;  // elevation, radians
const view = { azimuth: 0, elevation: 0.16, zoom: 1, pan: [0, 0] };

function cameraAxes() {
  const sa = Math.sin(view.azimuth), ca = Math.cos(view.azimuth);
  const se = Math.sin(view.elevation), ce = Math.cos(view.elevation);
  return { right: [-sa, ca, 0], up: [-ca * se, -sa * se, ce], near: [ca * ce, sa * ce, se] };
}

// From points (x, y, z each) to x in pixels, y in pixels, nearness in metres and pixels per metre each.
function project(points, panel, screen) {
  const { right, up, near } = cameraAxes();
  const [tx, ty, tz] = panel.target;
  for (let i = 0, o = 0; i < points.length; i += 3, o += 4) {
    const x = points[i] - tx, y = points[i + 1] - ty, z = points[i + 2] - tz;
    const depth = x * near[0] + y * near[1] + z * near[2];
    const scale = (panel.scale * panel.eye) / Math.max(panel.eye - depth, 0.3);
    screen[o] = panel.middle[0] + (x * right[0] + y * right[1]) * scale;
    screen[o + 1] = panel.middle[1] - (x * up[0] + y * up[1] + z * up[2]) * scale;
    screen[o + 2] = depth;
    screen[o + 3] = scale;
  }
  return screen;
}

function turn(dx, dy) {
  view.azimuth -= dx * 0.008;
  view.elevation = Math.min(STEEPEST, Math.max(LOWEST, view.elevation + dy * 0.006));
}

function zoom(factor) {
  view.zoom = Math.min(12, Math.max(0.3, view.zoom * factor));
}

function pan(dx, dy) {
  view.pan = [view.pan[0] + dx, view.pan[1] + dy];
}

// In front of the bodies and a little to their left.
function resetView(bodies) {
  Object.assign(view, { azimuth: facing(bodies) + 0.42, elevation: 0.16, zoom: 1, pan: [0, 0] });
}

// The mean facing direction of the bodies, from the positions of their left and right markers.
function facing(bodies) {
  let x = 0, y = 0;
  for (const body of bodies) {
    for (let t = body.start; t < body.stop; t += 5) {
      const sums = [[0, 0, 0], [0, 0, 0], [0, 0, 0]];
      eachMarker(body, t, (px, py, pz, marker) => {
        const sum = sums[body.clip.skeleton.sides[marker]];
        sum[0] += px; sum[1] += py; sum[2] += 1;
      });
      const [left, right] = sums;
      if (!left[2] || !right[2]) continue;
      const dx = left[0] / left[2] - right[0] / right[2], dy = left[1] / left[2] - right[1] / right[2];
      const length = Math.hypot(dx, dy) || 1;
      x += dx / length; y += dy / length;
    }
  }
  return Math.hypot(x, y) > 1e-6 ? Math.atan2(-x, y) : 0;
}

// Extents: the space that bodies need, and the scale at which they stay in the picture from every direction.

const MARGIN_M = 0.1, ABOVE_PX = 38, BELOW_PX = 22;  // for strokes and heads; for names and legend
const FOLLOW_BELOW = 0.72;  // a fixed camera at less than this share of the scale of one that follows
const MOST_SAMPLES = 400;  // frames that are measured
const OUTLIER_MARGIN = 0.5;  // of the range from the 1st to the 99th percentile
const extents = new Map();  // of groups of bodies of the current scene

function extentOf(bodies) {
  const key = bodies.map((body) => shown.bodies.indexOf(body)).join();
  if (!extents.has(key)) extents.set(key, measureExtent(bodies));
  return extents.get(key);
}

// Over all frames: the floor area, the distance from the group's path, and the heights.
function measureExtent(bodies) {
  const x = [], y = [], z = [], fromPath = [];
  for (const body of bodies) {
    const every = Math.max(1, Math.floor((body.stop - body.start) / MOST_SAMPLES));
    for (let t = body.start; t < body.stop; t += every) {
      const centre = groupPosition(bodies, (t - body.start) / body.clip.rate_hz);
      eachMarker(body, t, (px, py, pz) => {
        x.push(px); y.push(py); z.push(pz);
        fromPath.push(Math.hypot(px - centre[0], py - centre[1]));
      });
    }
  }
  const [west, east] = range(x), [south, north] = range(y), [low, high] = range(z);
  return {
    middle: [(west + east) / 2, (south + north) / 2],
    reach: Math.max(0.6, Math.hypot(east - west, north - south) / 2),
    pathReach: Math.max(0.6, range(fromPath)[1]),
    bottom: Math.min(0, low),
    top: Math.max(1, high),
  };
}

// Minimum and maximum without outliers: a lost marker does not make the dancers small.
function range(values) {
  if (!values.length) return [0, 0];
  const sorted = Float64Array.from(values).sort();
  const [low, high] = [0.01, 0.99].map((share) => sorted[Math.round(share * (sorted.length - 1))]);
  const margin = OUTLIER_MARGIN * (high - low);
  return [sorted.find((value) => value >= low - margin), sorted.findLast((value) => value <= high + margin)];
}

// The mean of the bodies' smoothed positions: the target of a camera that follows.
function groupPosition(bodies, time) {
  const positions = bodies.map((body) => body.path(time * body.clip.rate_hz));
  return [0, 1].map((k) => positions.reduce((sum, position) => sum + position[k], 0) / positions.length);
}

// One size and one scale for all panels, so that the bodies in them can be compared.
function fitPanels(panelExtents, follow) {
  const width = canvas.clientWidth / Math.max(1, panelExtents.length);
  const largest = (size) => Math.max(...panelExtents.map(size));
  const reach = largest((extent) => (follow ? extent.pathReach : extent.reach));
  const top = largest((extent) => extent.top), bottom = -largest((extent) => -extent.bottom);
  const { across, above, below, eye } = projectedCylinder(reach + MARGIN_M, (top - bottom) / 2 + MARGIN_M);
  const height = canvas.clientHeight - ABOVE_PX - BELOW_PX;
  const scale = Math.min(width / (2 * across), height / (above + below));
  const free = height - scale * (above + below);
  return { width, reach, eye, scale, height: (top + bottom) / 2, level: ABOVE_PX + free / 2 + scale * above };
}

// Half width, upper and lower height of a projected cylinder, in metres at the distance of its middle.
// The highest and lowest points are on its rims, nearest to the eye or farthest from it.
function projectedCylinder(radius, half) {
  const eye = EYE_M * Math.max(1, radius / 3, half / 3);
  const se = Math.sin(view.elevation), ce = Math.cos(view.elevation);
  const heights = [radius, -radius].flatMap((r) => [half, -half].map((z) =>
    ((z * ce - r * se) * eye) / (eye - r * ce - z * se)));
  const nearest = eye - half * Math.abs(se);
  const across = (radius * eye) / Math.sqrt(nearest ** 2 - (radius * ce) ** 2);
  return { across, above: Math.max(...heights), below: -Math.min(...heights), eye };
}

// Whether a fixed camera would make the dancers small.
function travelsFar() {
  const panelExtents = panelBodies().map(extentOf);
  return fitPanels(panelExtents, false).scale < FOLLOW_BELOW * fitPanels(panelExtents, true).scale;
}
