// Videos that come straight from object storage do so by addresses that live for seconds. While a clip is open its
// right is asked for again before the address ends, and what the browser still lacks of it comes by a fresh one.

const meta = document.querySelector("meta[name=presigned-seconds]");
const every = Math.max(1, Number(meta.content) * 0.8) * 1000;
const renewed = new WeakMap();

function address(video) {
  const own = new URL(video.getAttribute("src") ?? "", document.baseURI);
  return own.origin === location.origin && own.pathname.includes("/media/") ? own.href : null;
}

function isWhole(video) {
  const { buffered, duration } = video;
  return buffered.length === 1 && buffered.start(0) < 0.1 && buffered.end(0) > duration - 0.1;
}

function reload(video) {
  const { currentTime, paused, playbackRate } = video;
  renewed.set(video, performance.now());
  video.addEventListener(
    "loadedmetadata",
    () => {
      video.currentTime = currentTime;
      video.playbackRate = playbackRate;
      if (!paused) video.play().catch(() => {});
    },
    { once: true },
  );
  video.load();
}

async function renew(video) {
  const own = address(video);
  if (!own) return;
  let answer;
  try {
    answer = await fetch(own, { method: "HEAD", cache: "no-store" });
  } catch {
    return; // no line: asked again in a while
  }
  if (address(video) !== own) return;
  if ([401, 403, 404, 410].includes(answer.status)) {
    video.removeAttribute("src");
    video.load();
    video.dispatchEvent(new CustomEvent("mediagone", { bubbles: true }));
  } else if (answer.ok && !isWhole(video)) reload(video);
}

setInterval(() => document.querySelectorAll("video[src]").forEach(renew), every);

// An address that ended between two looks: once more by a fresh one, before anybody says that the clip is broken.
document.addEventListener(
  "error",
  (event) => {
    const video = event.target;
    if (!(video instanceof HTMLVideoElement) || !address(video)) return;
    if (performance.now() - (renewed.get(video) ?? -every) < every / 2) return;
    event.stopImmediatePropagation();
    reload(video);
  },
  true,
);
