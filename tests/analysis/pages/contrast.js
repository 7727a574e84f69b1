// Return the texts whose contrast with their ground is less than 4.5 (WCAG 2, level AA): colours, place, ratio and text, one of a kind.
// The ground is every background under a text, the bar in its cell, and, in an SVG, every shape that is filled before it there.
() => {
  const context = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
  const known = new Map();
  const rgba = colour => {
    if (!known.has(colour)) {
      context.clearRect(0, 0, 1, 1);
      context.fillStyle = colour;
      context.fillRect(0, 0, 1, 1);
      const [red, green, blue, alpha] = context.getImageData(0, 0, 1, 1).data;
      known.set(colour, [red, green, blue, alpha / 255]);
    }
    return known.get(colour);
  };
  const over = (under, [red, green, blue, alpha]) => [red, green, blue].map((part, at) => part * alpha + under[at] * (1 - alpha));
  const light = colour => {
    const [red, green, blue] = colour.map(part => part / 255).map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const lineage = element => element ? [...lineage(element.parentElement), element] : [];
  const opacity = element => lineage(element).reduce((share, one) => share * getComputedStyle(one).opacity, 1);
  const filled = element => {
    const style = getComputedStyle(element), [red, green, blue, alpha] = rgba(style.fill === "none" ? "transparent" : style.fill);
    return [red, green, blue, alpha * style.fillOpacity * opacity(element)];
  };
  const shapes = new Map();
  const shapesOf = svg => {
    if (!shapes.has(svg))
      shapes.set(svg, [...svg.querySelectorAll("rect, path, circle, polygon")].filter(one => !one.closest("defs, clipPath") && filled(one)[3] > 0));
    return shapes.get(svg);
  };
  const covers = (shape, x, y) => {
    const matrix = shape.getScreenCTM();
    return matrix && shape.isPointInFill(new DOMPoint(x, y).matrixTransform(matrix.inverse()));
  };
  const groundOf = element => {
    let ground = rgba("Canvas").slice(0, 3);
    for (const one of lineage(element)) {
      const style = getComputedStyle(one), bar = style.backgroundImage.match(/(?:rgba?|color)\([^)]*\)/);
      ground = over(ground, rgba(style.backgroundColor));
      if (bar) ground = over(ground, rgba(bar[0]));
    }
    if (!(element instanceof SVGElement)) return ground;
    const box = element.getBoundingClientRect(), x = box.left + box.width / 2, y = box.top + box.height / 2;
    for (const shape of shapesOf(element.closest(".panels > svg, svg")))
      if (shape.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_FOLLOWING && covers(shape, x, y)) ground = over(ground, filled(shape));
    return ground;
  };
  const faint = new Map();
  for (const element of document.querySelectorAll("body *:not(script, style, title, desc)")) {
    const says = [...element.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.textContent.trim());
    if (!says || !element.getClientRects().length) continue;
    const style = getComputedStyle(element), [red, green, blue, alpha] = rgba(style.color);
    const ink = element instanceof SVGElement ? filled(element) : [red, green, blue, alpha * opacity(element)];
    const ground = groundOf(element), [more, less] = [light(over(ground, ink)), light(ground)].sort((one, other) => other - one);
    const ratio = (more + 0.05) / (less + 0.05);
    const kind = `${ink.map(Math.round)} on ${ground.map(Math.round)} in ${element.tagName}.${element.getAttribute("class")}`;
    if (ratio < 4.5) faint.set(kind, `${kind}: ${ratio.toFixed(2)}, "${element.textContent.trim().slice(0, 40)}"`);
  }
  return [...faint.values()];
}
