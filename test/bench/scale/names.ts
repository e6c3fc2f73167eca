import type { PersonName } from '../../../src/dicom/json.ts';
import type { Random } from './random.ts';

/** Shares of the scripts, added up: Latin, Cyrillic, Chinese, Japanese. */
const LATIN_UP_TO = 0.58;
const CYRILLIC_UP_TO = 0.7;
const CHINESE_UP_TO = 0.86;

/** Of the Latin and Cyrillic family names: one of the common ones; the others are made of syllables, so that there are some 100,000. */
const COMMON_SHARE = 0.45;

const LATIN = {
  families: words(
    'Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann Koch Bauer Richter Klein Wolf Schröder Neumann Schwarz Zimmermann Braun Krüger Hofmann Hartmann Lange Werner Lehmann Smith Johnson Brown Taylor Wilson Evans Roberts Walker Wright Martin Bernard Dubois Durand Moreau Girard García Fernández López Martínez Pérez Rossi Russo Ferrari Bianchi Nowak Kowalska Łuczak Sørensen Jensen Øverland Nguyễn Yılmaz Çelik Popescu',
  ),
  given: words(
    'Anna Maria Peter Paul Julia Jörg Thomas Sabine Michael Petra Jean Claire Luc Émilie Pierre Nathalie John Mary James Linda Robert Susan David Karen José Lucía Carlos Elena Marco Giulia Jan Agnieszka Lars Ingrid Hans-Peter Anne-Marie Mehmet Ayşe Ștefan Björn',
  ),
  beginnings: words(
    'Al Bar Ber Bren Dan Del Dor Eich Fal Fin Ger Gold Ham Hein Hol Kal Kel Kol Lan Lind Mar Mel Nie Ol Pan Per Rein Ros Sal Schön Stein Tal Tor Vol Wald Wen Win Zeh',
  ),
  middles: words(
    'a be de den dor e el en er ga gen ha hol in ka ken la len ler lin lo ma men mer ne ni o ra ren ri ro sa sen ta ten ter ti to va wen wi ze',
  ),
  ends: words(
    'acher bach berg berger boom bury dorf dottir er feld hagen haus heim horst hof ing inski kamp ke lein ler mann meier moser ner off ova quist rath sen ski son stein ton vald ville wald witz',
  ),
};
const CYRILLIC = {
  families: words(
    'Иванов Смирнова Кузнецов Попова Васильев Петрова Соколов Михайлова Новиков Фёдорова Морозов Волкова Алексеев Лебедева Семёнов Егорова Павлов Козлова',
  ),
  given: words('Иван Анна Сергей Ольга Дмитрий Елена Алексей Наталья Михаил Татьяна Андрей Ирина'),
  beginnings: words('Бел Вор Гор Дол Жар Зим Кал Кор Лис Мар Ник Орл Пет Род Сол Тих Ков Шир Яков Чер'),
  middles: words('а о и е ан ен ин ол ор ак ав ел ил ур'),
  ends: words('ов ова ев ева ин ина ский ская енко ович'),
};
/** Rows of: ideographic, alphabetic. */
const CHINESE = {
  families: words(
    '王 Wang 李 Li 张 Zhang 刘 Liu 陈 Chen 杨 Yang 黄 Huang 赵 Zhao 吴 Wu 周 Zhou 徐 Xu 孙 Sun 马 Ma 朱 Zhu 胡 Hu 郭 Guo 何 He 林 Lin 罗 Luo 高 Gao 欧阳 Ouyang 司马 Sima',
  ),
  given: words(
    '明 ming 伟 wei 芳 fang 娜 na 秀 xiu 英 ying 敏 min 静 jing 丽 li 强 qiang 磊 lei 军 jun 洋 yang 勇 yong 艳 yan 杰 jie 涛 tao 超 chao 霞 xia 平 ping 刚 gang 桂 gui 小 xiao 文 wen 华 hua 建 jian 国 guo 玉 yu',
  ),
};
/** Rows of: ideographic, alphabetic, phonetic. */
const JAPANESE = {
  families: words(
    '佐藤 Sato さとう 鈴木 Suzuki すずき 高橋 Takahashi たかはし 田中 Tanaka たなか 伊藤 Ito いとう 渡辺 Watanabe わたなべ 山本 Yamamoto やまもと 中村 Nakamura なかむら 小林 Kobayashi こばやし 加藤 Kato かとう 吉田 Yoshida よしだ 山田 Yamada やまだ 佐々木 Sasaki ささき 山口 Yamaguchi やまぐち 松本 Matsumoto まつもと 井上 Inoue いのうえ 木村 Kimura きむら 林 Hayashi はやし 斎藤 Saito さいとう 清水 Shimizu しみず',
  ),
  given: words(
    '太郎 Tarou たろう 花子 Hanako はなこ 健 Ken けん 美咲 Misaki みさき 大輔 Daisuke だいすけ 陽子 Yoko ようこ 翔太 Shota しょうた 恵子 Keiko けいこ 一郎 Ichiro いちろう 裕子 Yuko ゆうこ 誠 Makoto まこと 由美 Yumi ゆみ',
  ),
};

/** A patient's name, in the component groups that people of its script have (PS3.5 §6.2.1). */
export function personName(random: Random): PersonName {
  const script = random.next();
  if (script < LATIN_UP_TO) return alphabetic(LATIN, random);
  if (script < CYRILLIC_UP_TO) return alphabetic(CYRILLIC, random);
  if (script < CHINESE_UP_TO) return chinese(random);
  const [family, given] = [rowOf(JAPANESE.families, 3, random), rowOf(JAPANESE.given, 3, random)];
  return {
    Alphabetic: `${family[1]}^${given[1]}`,
    Ideographic: `${family[0]}^${given[0]}`,
    Phonetic: `${family[2]}^${given[2]}`,
  };
}

/** Of a physician: one of some hundred. */
export function physicianName(random: Random): PersonName {
  return { Alphabetic: `${random.pickEarly(LATIN.families)}^${random.pickEarly(LATIN.given)}^^Dr.` };
}

type Alphabet = typeof LATIN | typeof CYRILLIC;

function alphabetic(names: Alphabet, random: Random): PersonName {
  const given = random.pickEarly(names.given);
  const second = random.chance(0.15) ? ` ${random.pick(names.given)}` : '';
  return { Alphabetic: `${family(names, random)}^${given}${second}` };
}

function family(names: Alphabet, random: Random): string {
  if (random.chance(COMMON_SHARE)) return random.pickEarly(names.families);
  const made = `${random.pick(names.beginnings)}${random.pick(names.middles)}${random.pick(names.ends)}`;
  return random.chance(0.04) ? `${made}-${random.pickEarly(names.families)}` : made;
}

function chinese(random: Random): PersonName {
  const family = rowOf(CHINESE.families, 2, random);
  const given = Array.from({ length: random.chance(0.75) ? 2 : 1 }, () => rowOf(CHINESE.given, 2, random));
  const latin = given.map(([, text = '']) => text).join('');
  return {
    Alphabetic: `${family[1]}^${latin.charAt(0).toUpperCase()}${latin.slice(1)}`,
    Ideographic: `${family[0]}^${given.map(([sign]) => sign).join('')}`,
  };
}

function words(text: string): string[] {
  return text.split(' ');
}

/** One row of a list that is written row by row. */
function rowOf(items: readonly string[], width: number, random: Random): string[] {
  const start = Math.floor(random.next() ** 2 * (items.length / width)) * width;
  return items.slice(start, start + width);
}
