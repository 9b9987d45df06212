// The small pictures of a discussion and of examples: one plays at a time, from its start, when it is asked to.

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-plays]");
  if (!button) return;
  const video = button.querySelector("video");
  const playing = !video.paused;
  for (const other of document.querySelectorAll("[data-plays] video")) other.pause();
  if (playing) return;
  if (video.ended) video.currentTime = 0;
  video.play().catch(() => button.classList.add("said-broken"));
});

for (const kind of ["play", "pause", "ended"]) {
  // These events do not rise from the video by themselves.
  document.addEventListener(kind, ({ target }) => target.closest?.("[data-plays]")?.classList.toggle("said-plays", !target.paused), true);
}
