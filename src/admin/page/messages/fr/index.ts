import activity from './activity.json' with { type: 'json' };
import overview from './overview.json' with { type: 'json' };
import peers from './peers.json' with { type: 'json' };
import problems from './problems.json' with { type: 'json' };
import settings from './settings.json' with { type: 'json' };
import shell from './shell.json' with { type: 'json' };
import studies from './studies.json' with { type: 'json' };

export const messages: Readonly<Record<string, string>> = {
  ...shell,
  ...overview,
  ...activity,
  ...studies,
  ...peers,
  ...settings,
  ...problems,
};
