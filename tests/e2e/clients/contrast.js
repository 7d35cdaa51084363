// The lowest contrast of a text (1.4.3 of WCAG) and of a border (1.4.11) of the page, by the
// computed colours: [[contrast, what], [contrast, what]].
(() => {
  const parse = (c) => c.match(/[\d.]+/g).map(Number);
  const light = (c) => {
    const part = (v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);
    return 0.2126 * part(c[0]) + 0.7152 * part(c[1]) + 0.0722 * part(c[2]);
  };
  const contrast = (a, b) => {
    const [x, y] = [light(parse(a)), light(parse(b))];
    return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
  };
  const behind = (e) => {
    for (; e; e = e.parentElement) {
      const colour = getComputedStyle(e).backgroundColor, c = parse(colour);
      if (c.length === 3 || c[3] > 0.99) return colour;
    }
    return 'rgb(255, 255, 255)';
  };
  const named = (e) => `${e.tagName}#${e.id}.${e.className} ${e.textContent.slice(0, 30)}`;
  let text = [99, ''], border = [99, ''];
  for (const e of document.querySelectorAll('body *')) {
    if (!e.checkVisibility() || e.matches('script, option, .hidden, noscript *')) continue;
    const style = getComputedStyle(e);
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    if (own || e.matches('input, select')) {
      const found = contrast(style.color, behind(e));
      if (found < text[0]) text = [found, named(e)];
    }
    for (const side of ['Top', 'Bottom', 'Left', 'Right']) {
      if (parseFloat(style[`border${side}Width`]) === 0 || e.matches('.line i, #feed i')) continue;
      // A line between two rows has the row on both sides; a box has its parent around it.
      const around = e.matches('.row, header, .banner, #groups, aside, li') ? e : e.parentElement;
      const found = contrast(style[`border${side}Color`], behind(around));
      if (found < border[0]) border = [found, `${side} of ${named(e)}`];
    }
  }
  return [text, border];
})()
