import type { Language } from '../../config/settings.ts';
import { chooseLanguage, LANGUAGE_NAMES, t, useLanguage } from './lib/i18n.ts';
import { chooseTheme, THEMES, useTheme } from './lib/theme.ts';
import { Icon, Menu } from './ui/index.ts';

interface AppearanceMenusProps {
  opensUp?: boolean;
  align?: 'left' | 'right';
}

/** Language, and light or dark: of this browser. */
export function AppearanceMenus({ opensUp = false, align = 'right' }: AppearanceMenusProps) {
  const language = useLanguage();
  const theme = useTheme();
  return (
    <>
      <Menu
        label={t('shell.language', { name: LANGUAGE_NAMES[language] })}
        opensUp={opensUp}
        align={align}
        items={(Object.entries(LANGUAGE_NAMES) as [Language, string][]).map(([tag, name]) => ({
          label: name,
          lang: tag,
          isChecked: tag === language,
          onSelect: () => void chooseLanguage(tag),
        }))}
      >
        <Icon name="globe" />
        <span class="menu-button-text">{LANGUAGE_NAMES[language]}</span>
      </Menu>
      <Menu
        label={t('shell.theme')}
        opensUp={opensUp}
        align={align}
        items={THEMES.map((one) => ({
          label: t(`shell.theme.${one}`),
          isChecked: one === theme,
          onSelect: () => chooseTheme(one),
        }))}
      >
        <Icon name={theme === 'dark' ? 'moon' : 'sun'} />
      </Menu>
    </>
  );
}
