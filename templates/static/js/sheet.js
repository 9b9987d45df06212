// The contact sheet: a tile plays its preview, without sound, while one points at it or has focused it.

const still = window.matchMedia("(prefers-reduced-motion: reduce)");

function play(tile) {
  if (still.matches || !tile.dataset.preview || tile.querySelector("video")) return;
  const video = document.createElement("video");
  video.src = tile.dataset.preview;
  video.muted = video.loop = video.playsInline = true;
  video.setAttribute("aria-hidden", "true");
  tile.querySelector(".tile-picture").prepend(video);
  video.play().catch(() => video.remove());
}

function stop(tile) {
  const video = tile.querySelector("video");
  if (!video) return;
  video.removeAttribute("src");
  video.load();
  video.remove();
}

for (const tile of document.querySelectorAll(".tile[data-preview]")) {
  tile.addEventListener("pointerenter", () => play(tile));
  tile.addEventListener("pointerleave", () => stop(tile));
  tile.addEventListener("focus", () => play(tile));
  tile.addEventListener("blur", () => stop(tile));
}
