// Whether the losses of runs can be compared.

// differences lists what the losses of runs measure differently: {what, values},
// a value for each run that has one.
export function differences(runs) {
  const measured = runs.filter((run) => run.measured.length > 0);
  if (measured.length < 2) return [];
  return measured[0].measured
    .map(({ what }) => ({
      what,
      values: measured.map(({ name, measured: all }) => ({ name, value: all.find((one) => one.what === what)?.value })).filter(({ value }) => value !== undefined),
    }))
    .filter(({ values }) => new Set(values.map(({ value }) => value)).size > 1);
}

// warning says in a sentence that losses cannot be compared, and which run is the
// odd one out; '' where they can.
export function warning(runs) {
  const all = differences(runs);
  if (all.length === 0) return '';
  const names = [...new Set(all.flatMap(({ values }) => values.map(({ name }) => name)))];
  return `The losses of ${list(names)} cannot be compared. They differ in ${list(all.map(({ what, values }) => `${what} (${sides(values)})`))}.`;
}

// sides groups runs by value: "mnist", or "a: mnist; b and c: strokes".
function sides(values) {
  const by = new Map();
  for (const { name, value } of values) by.set(value, [...(by.get(value) ?? []), name]);
  return [...by].map(([value, names]) => `${list(names)}: ${value}`).join('; ');
}

export function list(items) {
  if (items.length < 2) return items.join('');
  return `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}
