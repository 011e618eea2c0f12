/**
 * Which zones may be spoken about at one moment, beside the room as a whole. A zone needs the minimum group of heads in
 * sight; and since whoever knows the room and some zones can subtract them, the heads in no such zone must be none, or a
 * group of the minimum too. Where too few would be left over, the smallest zone is passed over and they are hidden in it.
 * @param heads in sight in each zone; a head is in one zone, or in none.
 * @param total heads in sight in the room.
 */
export function zonesThatMaySpeak(
  heads: ReadonlyMap<string, number>,
  total: number,
  minimumGroup: number,
): Set<string> {
  if (total < minimumGroup) return new Set();
  const large = [...heads]
    .filter(([, count]) => count >= minimumGroup)
    .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  const left = total - large.reduce((sum, [, count]) => sum + count, 0);
  if (left > 0 && left < minimumGroup) large.pop();
  return new Set(large.map(([zone]) => zone));
}
