// Applies the chosen colour theme before the first paint, so the page never flashes.
(() => {
  let saved = null;
  try { saved = localStorage.getItem("theme"); } catch { /* storage may be switched off */ }
  if (saved === "light" || saved === "dark") document.documentElement.dataset.theme = saved;
})();
