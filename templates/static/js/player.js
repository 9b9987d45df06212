// The clip page's keys: space plays, comma and full stop step a frame, brackets change the speed.

const video = document.querySelector("[data-player]");
const time = document.querySelector("[data-player-time]");
const SPEEDS = [0.25, 0.5, 1, 1.5, 2];
const FRAME = 1 / 25;

function clock(seconds) {
  const minutes = Math.floor(seconds / 60);
  return `${minutes}:${(seconds % 60).toFixed(3).padStart(6, "0")}`;
}

function show() {
  const speed = video.playbackRate === 1 ? "" : ` · ${video.playbackRate} ×`;
  time.textContent = ` ${clock(video.currentTime)}${speed}`;
}

if (video) {
  video.addEventListener("timeupdate", show);
  video.addEventListener("ratechange", show);
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, select, textarea, button, a, summary, video")) return;
    const speed = SPEEDS.indexOf(video.playbackRate);
    if (event.key === " ") video.paused ? video.play() : video.pause();
    else if (event.key === "," || event.key === ".") {
      video.pause();
      video.currentTime += event.key === "," ? -FRAME : FRAME;
    } else if (event.key === "[") video.playbackRate = SPEEDS[Math.max(0, speed - 1)];
    else if (event.key === "]") video.playbackRate = SPEEDS[Math.min(SPEEDS.length - 1, speed + 1)];
    else return;
    event.preventDefault();
  });
}
