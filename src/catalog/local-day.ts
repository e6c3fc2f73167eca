/** The calendar day of the process's time zone, `YYYYMMDD`. @param ms milliseconds since 1970 */
export function localDayOf(ms: number): string {
  const date = new Date(ms);
  const year = String(date.getFullYear()).padStart(4, '0');
  const month = String(date.getMonth() + 1).padStart(2, '0');
  return `${year}${month}${String(date.getDate()).padStart(2, '0')}`;
}
