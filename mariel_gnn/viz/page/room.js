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
