import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';
import { t } from '../lib/locale.ts';
import { IconButton } from './button.tsx';

interface DialogProps {
  title: ComponentChildren;
  /** By Escape, the cross, or the browser's way back. */
  onClose: () => void;
  children: ComponentChildren;
  /** Buttons. */
  footer?: ComponentChildren;
  /** As a form: Enter submits. */
  onSubmit?: (() => void) | undefined;
}

/** A native modal dialog: the browser keeps the focus in it and gives it back afterwards. */
export function Dialog(props: DialogProps) {
  return <Modal {...props} kind="dialog" />;
}

/** A panel at the side for what belongs to a row of the page; fills a narrow screen. */
export function Drawer(props: DialogProps) {
  return <Modal {...props} kind="drawer" />;
}

function Modal({
  title,
  onClose,
  children,
  footer,
  onSubmit,
  kind,
}: DialogProps & { kind: 'dialog' | 'drawer' }) {
  const titleId = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  // Closed while it is still in the document: the browser gives the focus back to where it was, and to nowhere from an element that has gone.
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  const content = (
    <>
      <header class="modal-header">
        <h2 id={titleId}>{title}</h2>
        <IconButton label={t('shell.close')} icon="close" onClick={onClose} />
      </header>
      <div class="modal-body">{children}</div>
      {footer !== undefined && <footer class="modal-footer">{footer}</footer>}
    </>
  );
  return (
    <dialog
      ref={dialog}
      class={kind}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      {onSubmit === undefined ? (
        <div class="modal-frame">{content}</div>
      ) : (
        <form
          class="modal-frame"
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            onSubmit();
          }}
        >
          {content}
        </form>
      )}
    </dialog>
  );
}
