// The sound of a page: it plays with the motion, at its speed, from the first frame on.

const audio = document.getElementById("audio");
const LARGEST_LAG_S = 0.12;  // beyond it the sound is moved to the motion
let soundOn = true, soundBlocked = false;

function syncAudio() {
  const within = state.time < (audio.duration || 0) - 0.01;
  if (!state.playing || !soundOn || !within) {
    audio.pause();
    return;
  }
  audio.playbackRate = state.speed;
  if (Math.abs(audio.currentTime - state.time) > LARGEST_LAG_S * Math.max(1, state.speed)) audio.currentTime = state.time;
  if (!audio.paused || soundBlocked) return;
  audio.currentTime = state.time;
  audio.play().catch((error) => { soundBlocked = error.name === "NotAllowedError"; });
}

// Browsers allow sound only after a click or a key.
function allowSound() {
  soundBlocked = false;
}

function toggleSound() {
  soundOn = !soundOn;
  press($("sound"), soundOn);
  requestDraw();
}

if (audio) {
  $("sound").hidden = false;
  $("sound").addEventListener("click", toggleSound);
  for (const event of ["pointerdown", "keydown"]) document.addEventListener(event, allowSound, true);
  KEYS.v = toggleSound;
  listeners.push(syncAudio);
}
