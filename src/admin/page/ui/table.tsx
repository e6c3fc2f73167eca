import type { ComponentChildren } from 'preact';
import { Icon } from './icon.tsx';

export interface Column<Row> {
  key: string;
  label: string;
  align?: 'left' | 'right' | 'center';
  /** What the row is about: its heading where rows are stacked. */
  isPrimary?: boolean;
  /** As in CSS; what is left goes to the columns without one. */
  width?: string | undefined;
  isSortable?: boolean;
  /** What stands in the cell; the row's value by `key` unless given. */
  render?: (row: Row) => ComponentChildren;
}

export interface Sort {
  key: string;
  order: 'ascending' | 'descending';
}

interface TableProps<Row> {
  /** What the table is about, for screen readers. */
  label?: string | undefined;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string | number;
  /** For the pointer: the keyboard needs a link or button in the primary cell as well. */
  onRowClick?: ((row: Row) => void) | undefined;
  rowClass?: ((row: Row) => string) | undefined;
  sort?: Sort | undefined;
  onSort?: ((key: string) => void) | undefined;
  /** In place of rows where there are none. */
  empty?: ComponentChildren;
}

/** On a narrow screen rows are blocks, and a browser forgets the roles of a table that is not laid out as one: so they are told. */
const ROLES = {
  table: { role: 'table' },
  rowgroup: { role: 'rowgroup' },
  row: { role: 'row' },
  columnheader: { role: 'columnheader' },
  cell: { role: 'cell' },
} as const;

/** Rows, or blocks with their labels where the screen is narrow. */
export function Table<Row>(props: TableProps<Row>) {
  const { label, columns, rows, rowKey, onRowClick, rowClass, empty } = props;
  if (rows.length === 0 && empty !== undefined) return <>{empty}</>;
  return (
    <table class="table" {...ROLES.table} aria-label={label}>
      <thead {...ROLES.rowgroup}>
        <tr {...ROLES.row}>
          {columns.map((column) => (
            <Heading key={column.key} column={column} sort={props.sort} onSort={props.onSort} />
          ))}
        </tr>
      </thead>
      <tbody {...ROLES.rowgroup}>
        {rows.map((row) => (
          // The link in the primary cell is the keyboard's way.
          <tr
            {...ROLES.row}
            key={rowKey(row)}
            class={`${onRowClick === undefined ? '' : 'row-clickable'} ${rowClass?.(row) ?? ''}`}
            onClick={onRowClick === undefined ? undefined : (event) => !isOnControl(event) && onRowClick(row)}
          >
            {columns.map((column) => (
              <td
                {...ROLES.cell}
                key={column.key}
                data-label={column.label}
                class={`align-${column.align ?? 'left'} ${column.isPrimary === true ? 'cell-primary' : ''}`}
              >
                {column.render === undefined ? cellValue(row, column.key) : column.render(row)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface HeadingProps<Row> {
  column: Column<Row>;
  sort: Sort | undefined;
  onSort: ((key: string) => void) | undefined;
}

function Heading<Row>({ column, sort, onSort }: HeadingProps<Row>) {
  const order = sort?.key === column.key ? sort.order : undefined;
  const isSortable = column.isSortable === true && onSort !== undefined;
  return (
    <th
      {...ROLES.columnheader}
      scope="col"
      class={`align-${column.align ?? 'left'}`}
      aria-sort={order ?? (isSortable ? 'none' : undefined)}
      {...(column.width === undefined ? {} : { style: { width: column.width } })}
    >
      {isSortable ? (
        <button type="button" class="sort-button" onClick={() => onSort?.(column.key)}>
          {column.label}
          {order !== undefined && <Icon name={order === 'ascending' ? 'sort-up' : 'sort-down'} size={14} />}
        </button>
      ) : (
        column.label
      )}
    </th>
  );
}

function isOnControl(event: Event): boolean {
  return event.target instanceof Element && event.target.closest('a, button, input, select, label') !== null;
}

function cellValue<Row>(row: Row, key: string): ComponentChildren {
  return (row as Record<string, ComponentChildren>)[key];
}
