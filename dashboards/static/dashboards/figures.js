// When Plotly starts: it takes the page longer than all else, so it does while the server works on the first figures.

(() => {
  const address = document.currentScript.dataset.plotly;
  const withFigures = /answer|outcome|curve|figure|rules/;
  let begun = null;

  function begin() {
    begun ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = address;
      script.onload = () => resolve();
      script.onerror = () => reject(new Error("Plotly could not be loaded"));
      document.head.append(script);
    });
    return begun;
  }

  // Dash waits for what stands here before it draws; Plotly takes its place once it is loaded.
  window.Plotly = { then: (done, failed) => begin().then(done, failed) };

  // The renderer tells of each question right before it sends it: that goes first.
  window.rushesFigures = {
    asked: (output) => {
      if (!begun && withFigures.test(output)) setTimeout(begin, 0);
    },
  };
})();

// Dash's scripts wait for parts of theirs with one function of the polyfills they come with; the page has no use for the
// others. It takes the steps of a generator one by one.
window.regeneratorRuntime ??= {
  mark: (steps) => steps,
  wrap: (steps) => {
    const at = { prev: 0, next: 0, sent: undefined, done: false, stop() { at.done = true; } };
    return {
      next(sent) {
        at.sent = sent;
        const value = steps(at);
        return { value, done: at.done };
      },
      throw(error) { throw error; },
    };
  },
};
