/** At most `count` of the items, evenly spread over them. */
export function spread<Item>(items: readonly Item[], count: number): Item[] {
  const kept = Math.min(count, items.length);
  return Array.from({ length: kept }, (_, i) => items[Math.floor((i * items.length) / kept)]!);
}
