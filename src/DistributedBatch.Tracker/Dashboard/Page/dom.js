// The only place that makes elements. Text becomes text nodes, never markup, whoever wrote it.

/** Makes an element: el('a.pill', { href, onclick }, 'text', otherElement, …). */
export function el(tag, attributes, ...children) {
  const [name, ...classes] = tag.split('.');
  const made = document.createElement(name || 'div');
  if (classes.length) made.className = classes.join(' ');
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith('on')) made.addEventListener(key.slice(2), value);
    else if (key === 'class') made.classList.add(...value.split(' '));
    else made.setAttribute(key, value === true ? '' : value);
  }
  put(made, ...children);
  return made;
}

/** Replaces the children of an element; null and false are left out. */
export function put(element, ...children) {
  element.replaceChildren(...children.flat(Infinity).filter(child => child !== null && child !== undefined && child !== false && child !== '')
    .map(child => child instanceof Node ? child : document.createTextNode(String(child))));
  return element;
}

/** Says something for a few seconds, to eyes and to screen readers. */
export function say(text, bad = false) {
  const says = document.getElementById('says');
  says.textContent = text;
  says.className = bad ? 'says on bad' : 'says on';
  clearTimeout(say.timer);
  say.timer = setTimeout(() => says.classList.remove('on'), bad ? 7000 : 3000);
}
