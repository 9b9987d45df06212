// Whether the person at this screen asked their system for less motion: then nothing plays or repeats by itself.

const asked = window.matchMedia("(prefers-reduced-motion: reduce)");

export const still = () => asked.matches;
