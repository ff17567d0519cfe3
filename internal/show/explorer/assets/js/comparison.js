// Whether two runs can be compared.

// differences lists what the losses of two runs measure differently:
// {what, values}.
export function differences(a, b) {
  const others = new Map((b?.measured ?? []).map(({ what, value }) => [what, value]));
  return (a?.measured ?? [])
    .filter(({ what, value }) => others.has(what) && others.get(what) !== value)
    .map(({ what, value }) => ({ what, values: [value, others.get(what)] }));
}

// warning says in a sentence that losses cannot be compared; '' where they can.
export function warning(a, b) {
  const all = differences(a, b);
  if (all.length === 0) return '';
  const reasons = all.map(({ what, values }) => `${what} (${values.join(' against ')})`);
  return `The losses of ${a.name} and ${b.name} cannot be compared. They differ in ${list(reasons)}.`;
}

export function list(items) {
  if (items.length < 2) return items.join('');
  return `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}
