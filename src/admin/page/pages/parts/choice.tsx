interface ChoiceProps<Value extends string> {
  /** Of the group of radio buttons; it differs from all others of the page. */
  name: string;
  legend: string;
  options: readonly { value: Value; label: string; hint: string }[];
  value: Value;
  onValue(value: Value): void;
  isDisabled: boolean;
  error?: string | undefined;
}

/** Radio buttons, each with what it means. */
export function Choice<Value extends string>(props: ChoiceProps<Value>) {
  const { name, legend, options, value: chosen, onValue, isDisabled, error } = props;
  return (
    <fieldset class="form-group" disabled={isDisabled}>
      <legend>{legend}</legend>
      {options.map(({ value, label, hint }) => (
        <label key={value} class="choice">
          <input
            type="radio"
            name={name}
            value={value}
            checked={chosen === value}
            onChange={() => onValue(value)}
          />
          <span>
            <span class="choice-name">{label}</span>
            <span class="second-line">{hint}</span>
          </span>
        </label>
      ))}
      {error !== undefined && <p class="field-error">{error}</p>}
    </fieldset>
  );
}
