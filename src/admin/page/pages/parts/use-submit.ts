import { useState } from 'preact/hooks';
import { ApiError } from '../../lib/api.ts';

export interface Submit {
  isBusy: boolean;
  error: ApiError | undefined;
  submit(): void;
}

/** Does `work` when a form is submitted, and keeps why it was refused. What is done after it is part of `work`. */
export function useSubmit(work: () => Promise<void>): Submit {
  const [state, setState] = useState<Omit<Submit, 'submit'>>({ isBusy: false, error: undefined });
  const submit = () => {
    setState({ isBusy: true, error: undefined });
    work().then(
      () => setState({ isBusy: false, error: undefined }),
      (error: unknown) => {
        if (!(error instanceof ApiError)) throw error;
        setState({ isBusy: false, error });
      },
    );
  };
  return { ...state, submit };
}
