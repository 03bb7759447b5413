/** Records of one incident as one item of a list, unfolded where a person wants that. */
/** @import { ListItem, ListRow } from "../shared/types.d.ts" */

/**
 * @template {ListRow} Row
 * @param {Row[]} found in order
 * @param {(rows: Row[]) => Row} face of a group: the record that stands for it
 * @param {Set<string>} unfolded groups
 * @returns {ListItem<Row>[]} with groups of several folded to one
 */
export function foldedGroups(found, face, unfolded) {
  /** @type {Map<string, Row[]>} */
  const groups = new Map();
  for (const row of found) {
    if (!row.incident) continue;
    const group = groups.get(row.incident);
    if (group) group.push(row);
    else groups.set(row.incident, [row]);
  }
  /** @type {ListItem<Row>[]} */
  const items = [];
  for (const row of found) {
    const rows = row.incident ? groups.get(row.incident) : undefined;
    if (!row.incident || !rows || rows.length < 2) {
      items.push({ row });
      continue;
    }
    if (face(rows) !== row) continue;
    const open = unfolded.has(row.incident);
    items.push({ row, group: row.incident, rows, open });
    if (open) { for (const one of rows) items.push({ row: one, child: row.incident }); }
  }
  return items;
}
