// Frames by their true times, constant rate or not.

// The number of the frame that is shown at a time, from 0.
export function frameAt(stamps, time) {
  let low = 0;
  let high = stamps.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (stamps[middle] <= time + 1e-4) low = middle;
    else high = middle - 1;
  }
  return low;
}

// Where to go for the frame `by` frames on: the middle of its time on the screen. Null where the times are not known.
export function stepped(stamps, time, by, duration) {
  if (!stamps?.length) return null;
  const next = Math.max(0, Math.min(stamps.length - 1, frameAt(stamps, time) + by));
  const end = stamps[next + 1] ?? duration;
  return (stamps[next] + Math.max(end, stamps[next])) / 2;
}
