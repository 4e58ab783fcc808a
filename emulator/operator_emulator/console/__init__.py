"""The console: a page in the browser that shows the world live and plays with it through the control plane."""
