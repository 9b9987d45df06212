// When Plotly starts: it takes the page longer than all else, so it does while the server works on the first figures.

(() => {
  const address = document.currentScript.dataset.plotly;
  const withFigures = /answer|outcome|curve|figure/;
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
