/** What the forms of Package Center say; DSM shows simple HTML in them. */
export interface WizardText {
  readonly dicomTitle: string;
  readonly dicomIntro: string;
  readonly aeTitle: string;
  readonly aeTitleError: string;
  readonly dicomPort: string;
  readonly portError: string;
  readonly dicomPortHint: string;
  readonly imagesTitle: string;
  readonly imagesIntro: string;
  readonly share: string;
  readonly shareError: string;
  readonly shareHint: string;
  readonly pageTitle: string;
  readonly pageIntro: string;
  readonly webPort: string;
  readonly adminPassword: string;
  readonly catalogueTitle: string;
  readonly catalogueIntro: string;
  readonly rootPassword: string;
  readonly uninstallTitle: string;
  readonly uninstallIntro: string;
  readonly uninstallQuestion: string;
  readonly keep: string;
  readonly delete: string;
}

/** By DSM's names of the languages. */
export const WIZARD_TEXTS: Readonly<Record<'enu' | 'cht' | 'chs' | 'jpn' | 'fre' | 'ger', WizardText>> = {
  enu: {
    dicomTitle: 'DICOM: what modalities call',
    dicomIntro:
      'The <b>AE title</b> is the name by which modalities and workstations call this archive. Whatever you choose, enter exactly the same in them. It can be changed later on the web page.',
    aeTitle: 'AE title',
    aeTitleError: '1 to 16 plain letters, digits or signs; no backslash.',
    dicomPort: 'DICOM port',
    portError: 'A number from 1024 to 65535.',
    dicomPortHint:
      '11112 is the official DICOM port for programs without administrator rights, and DSM runs packages without them. The older port 104 is not open to packages: if a modality knows no other, let your router forward 104 to 11112.',
    imagesTitle: 'Where images are kept',
    imagesIntro:
      'Images are kept as plain DICOM files in a <b>shared folder</b> of their own. Dicomkeep never deletes or alters one.',
    share: 'Shared folder',
    shareError: 'A name without \\ / : * ? " < > | @ and without spaces at its ends.',
    shareHint:
      'A folder that does not exist is made by DSM. To choose its volume, make it yourself beforehand, empty, in Control Panel, Shared Folder. Do not use one that holds other things.',
    pageTitle: 'Web page',
    pageIntro:
      'On its web page the archive is set up and watched: <i>https://(address of this NAS):port/</i>. Sign in there as <b>admin</b> with the password that you choose here.',
    webPort: 'Port of the web page',
    adminPassword: 'Password of admin, at least 10 characters',
    catalogueTitle: 'Catalogue in MariaDB 10',
    catalogueIntro:
      'The catalogue, in which images are looked up, is a database in MariaDB 10. To make it, Dicomkeep needs the password that you have set for <b>root</b> in the package MariaDB 10 (not that of DSM). It is used once and not kept.',
    rootPassword: 'MariaDB 10 root password',
    uninstallTitle: 'Remove Dicomkeep',
    uninstallIntro: 'The images stay in their shared folder, whatever you choose here.',
    uninstallQuestion: 'Catalogue, settings and accounts:',
    keep: 'Keep them: a new installation goes on with them',
    delete: 'Delete them: the catalogue can be rebuilt from the images, settings and accounts cannot',
  },
  cht: {
    dicomTitle: 'DICOM：供影像設備連線',
    dicomIntro:
      '<b>AE Title</b> 是影像設備與工作站呼叫此影像庫時使用的名稱。請在各設備中輸入與此處完全相同的名稱。之後可在網頁上變更。',
    aeTitle: 'AE Title',
    aeTitleError: '1 到 16 個 ASCII 字母、數字或符號，不含反斜線。',
    dicomPort: 'DICOM 連接埠',
    portError: '1024 到 65535 的數字。',
    dicomPortHint:
      '11112 是供沒有管理員權限的程式使用的正式 DICOM 連接埠，DSM 套件即以此方式執行。套件無法使用較舊的連接埠 104：若設備只能使用 104，請在路由器上將 104 轉送至 11112。',
    imagesTitle: '影像的存放位置',
    imagesIntro: '影像以標準 DICOM 檔案存放在專用的<b>共用資料夾</b>中。Dicomkeep 絕不會刪除或更改任何影像。',
    share: '共用資料夾',
    shareError: '名稱不可包含 \\ / : * ? " < > | @，前後不可有空格。',
    shareHint:
      '若資料夾不存在，DSM 會建立。若要選擇儲存空間，請先在「控制台 > 共用資料夾」自行建立一個空的資料夾。請勿使用已有其他內容的資料夾。',
    pageTitle: '網頁',
    pageIntro:
      '您可在網頁上設定並監看影像庫：<i>https://(此 NAS 的位址):連接埠/</i>。請以使用者 <b>admin</b> 與在此設定的密碼登入。',
    webPort: '網頁連接埠',
    adminPassword: 'admin 的密碼，至少 10 個字元',
    catalogueTitle: 'MariaDB 10 中的目錄',
    catalogueIntro:
      '用於查詢影像的目錄是 MariaDB 10 中的資料庫。建立時需要您在 MariaDB 10 套件中為 <b>root</b> 設定的密碼（不是 DSM 的密碼）。此密碼僅使用一次，不會保存。',
    rootPassword: 'MariaDB 10 root 密碼',
    uninstallTitle: '移除 Dicomkeep',
    uninstallIntro: '無論您在此選擇什麼，影像都會保留在共用資料夾中。',
    uninstallQuestion: '目錄、設定與帳號：',
    keep: '保留：重新安裝後可繼續使用',
    delete: '刪除：目錄可由影像重建，設定與帳號則無法復原',
  },
  chs: {
    dicomTitle: 'DICOM：供影像设备连接',
    dicomIntro:
      '<b>AE Title</b> 是影像设备与工作站呼叫此影像库时使用的名称。请在各设备中输入与此处完全相同的名称。之后可在网页上更改。',
    aeTitle: 'AE Title',
    aeTitleError: '1 到 16 个 ASCII 字母、数字或符号，不含反斜杠。',
    dicomPort: 'DICOM 端口',
    portError: '1024 到 65535 的数字。',
    dicomPortHint:
      '11112 是供没有管理员权限的程序使用的正式 DICOM 端口，DSM 套件即以此方式运行。套件无法使用较旧的端口 104：若设备只能使用 104，请在路由器上将 104 转发至 11112。',
    imagesTitle: '影像的存放位置',
    imagesIntro: '影像以标准 DICOM 文件存放在专用的<b>共享文件夹</b>中。Dicomkeep 绝不会删除或更改任何影像。',
    share: '共享文件夹',
    shareError: '名称不可包含 \\ / : * ? " < > | @，首尾不可有空格。',
    shareHint:
      '若文件夹不存在，DSM 会创建。若要选择存储空间，请先在“控制面板 > 共享文件夹”自行创建一个空文件夹。请勿使用已有其他内容的文件夹。',
    pageTitle: '网页',
    pageIntro:
      '您可在网页上设置并监控影像库：<i>https://(此 NAS 的地址):端口/</i>。请以用户 <b>admin</b> 与在此设置的密码登录。',
    webPort: '网页端口',
    adminPassword: 'admin 的密码，至少 10 个字符',
    catalogueTitle: 'MariaDB 10 中的目录',
    catalogueIntro:
      '用于查询影像的目录是 MariaDB 10 中的数据库。创建时需要您在 MariaDB 10 套件中为 <b>root</b> 设置的密码（不是 DSM 的密码）。此密码仅使用一次，不会保存。',
    rootPassword: 'MariaDB 10 root 密码',
    uninstallTitle: '移除 Dicomkeep',
    uninstallIntro: '无论您在此选择什么，影像都会保留在共享文件夹中。',
    uninstallQuestion: '目录、设置与账号：',
    keep: '保留：重新安装后可继续使用',
    delete: '删除：目录可由影像重建，设置与账号则无法恢复',
  },
  jpn: {
    dicomTitle: 'DICOM：モダリティからの接続',
    dicomIntro:
      '<b>AE タイトル</b>は、モダリティやワークステーションがこのアーカイブを呼び出すときの名前です。各装置にもまったく同じ名前を入力してください。後で Web ページから変更できます。',
    aeTitle: 'AE タイトル',
    aeTitleError: '1～16 文字の ASCII 英数字と記号（バックスラッシュを除く）。',
    dicomPort: 'DICOM ポート',
    portError: '1024～65535 の数字。',
    dicomPortHint:
      '11112 は、管理者権限のないプログラムのための正式な DICOM ポートです。DSM のパッケージは管理者権限なしで動きます。従来のポート 104 はパッケージでは使えません。装置が 104 しか使えない場合は、ルーターで 104 を 11112 に転送してください。',
    imagesTitle: '画像の保存場所',
    imagesIntro:
      '画像は専用の<b>共有フォルダ</b>に標準の DICOM ファイルとして保存されます。Dicomkeep が画像を削除したり変更したりすることはありません。',
    share: '共有フォルダ',
    shareError: '\\ / : * ? " < > | @ を含まず、前後に空白のない名前。',
    shareHint:
      'フォルダがない場合は DSM が作成します。ボリュームを選ぶには、あらかじめ「コントロール パネル > 共有フォルダ」で空のフォルダを作成してください。ほかの内容が入ったフォルダは使わないでください。',
    pageTitle: 'Web ページ',
    pageIntro:
      'アーカイブの設定と監視は Web ページで行います：<i>https://(この NAS のアドレス):ポート/</i>。ユーザー <b>admin</b> と、ここで決めるパスワードでサインインします。',
    webPort: 'Web ページのポート',
    adminPassword: 'admin のパスワード（10 文字以上）',
    catalogueTitle: 'MariaDB 10 のカタログ',
    catalogueIntro:
      '画像を検索するためのカタログは、MariaDB 10 のデータベースです。作成するには、MariaDB 10 パッケージで <b>root</b> に設定したパスワード（DSM のパスワードではありません）が必要です。一度だけ使い、保存しません。',
    rootPassword: 'MariaDB 10 の root パスワード',
    uninstallTitle: 'Dicomkeep の削除',
    uninstallIntro: 'ここで何を選んでも、画像は共有フォルダに残ります。',
    uninstallQuestion: 'カタログ、設定、アカウント：',
    keep: '残す：再インストールすると引き継がれます',
    delete: '削除する：カタログは画像から作り直せますが、設定とアカウントは元に戻せません',
  },
  fre: {
    dicomTitle: 'DICOM : ce qu’appellent les modalités',
    dicomIntro:
      'L’<b>AE Title</b> est le nom par lequel modalités et stations de travail appellent cette archive. Quel que soit votre choix, entrez-y exactement le même. Il peut être changé plus tard sur la page web.',
    aeTitle: 'AE Title',
    aeTitleError: '1 à 16 lettres, chiffres ou signes ASCII ; pas de barre oblique inverse.',
    dicomPort: 'Port DICOM',
    portError: 'Un nombre de 1024 à 65535.',
    dicomPortHint:
      '11112 est le port DICOM officiel des programmes sans droits d’administrateur, et c’est ainsi que DSM exécute les paquets. L’ancien port 104 leur est interdit : si une modalité n’en connaît pas d’autre, faites transférer 104 vers 11112 par votre routeur.',
    imagesTitle: 'Où sont conservées les images',
    imagesIntro:
      'Les images sont de simples fichiers DICOM dans un <b>dossier partagé</b> qui leur est réservé. Dicomkeep n’en supprime ni n’en modifie jamais aucune.',
    share: 'Dossier partagé',
    shareError: 'Un nom sans \\ / : * ? " < > | @ et sans espaces aux extrémités.',
    shareHint:
      'DSM crée le dossier s’il n’existe pas. Pour en choisir le volume, créez-le d’abord vous-même, vide, dans Panneau de configuration, Dossier partagé. N’utilisez pas un dossier qui contient autre chose.',
    pageTitle: 'Page web',
    pageIntro:
      'L’archive se règle et se surveille sur sa page web : <i>https://(adresse de ce NAS):port/</i>. Connectez-vous-y comme <b>admin</b> avec le mot de passe choisi ici.',
    webPort: 'Port de la page web',
    adminPassword: 'Mot de passe d’admin, au moins 10 caractères',
    catalogueTitle: 'Catalogue dans MariaDB 10',
    catalogueIntro:
      'Le catalogue, où les images sont recherchées, est une base de données de MariaDB 10. Pour la créer, Dicomkeep a besoin du mot de passe défini pour <b>root</b> dans le paquet MariaDB 10 (pas celui de DSM). Il sert une fois et n’est pas conservé.',
    rootPassword: 'Mot de passe root de MariaDB 10',
    uninstallTitle: 'Supprimer Dicomkeep',
    uninstallIntro: 'Les images restent dans leur dossier partagé, quel que soit votre choix.',
    uninstallQuestion: 'Catalogue, réglages et comptes :',
    keep: 'Les conserver : une nouvelle installation les reprendra',
    delete:
      'Les supprimer : le catalogue peut être reconstruit à partir des images, pas les réglages ni les comptes',
  },
  ger: {
    dicomTitle: 'DICOM: was Modalitäten anrufen',
    dicomIntro:
      'Der <b>AE-Titel</b> ist der Name, unter dem Modalitäten und Workstations dieses Archiv anrufen. Was Sie auch wählen: Tragen Sie dort genau dasselbe ein. Er lässt sich später auf der Webseite ändern.',
    aeTitle: 'AE-Titel',
    aeTitleError: '1 bis 16 ASCII-Buchstaben, Ziffern oder Zeichen; kein Backslash.',
    dicomPort: 'DICOM-Port',
    portError: 'Eine Zahl von 1024 bis 65535.',
    dicomPortHint:
      '11112 ist der amtliche DICOM-Port für Programme ohne Verwalterrechte, und ohne diese führt DSM Pakete aus. Der ältere Port 104 steht Paketen nicht offen: Kennt eine Modalität keinen anderen, lassen Sie Ihren Router 104 an 11112 weiterleiten.',
    imagesTitle: 'Wo die Bilder liegen',
    imagesIntro:
      'Bilder liegen als gewöhnliche DICOM-Dateien in einem eigenen <b>gemeinsamen Ordner</b>. Dicomkeep löscht oder ändert nie eines.',
    share: 'Gemeinsamer Ordner',
    shareError: 'Ein Name ohne \\ / : * ? " < > | @ und ohne Leerzeichen am Anfang oder Ende.',
    shareHint:
      'Einen Ordner, den es nicht gibt, legt DSM an. Um sein Volume zu wählen, legen Sie ihn vorher selbst an, leer, in Systemsteuerung, Freigegebener Ordner. Nehmen Sie keinen, in dem anderes liegt.',
    pageTitle: 'Webseite',
    pageIntro:
      'Auf seiner Webseite wird das Archiv eingerichtet und beobachtet: <i>https://(Adresse dieses NAS):Port/</i>. Melden Sie sich dort als <b>admin</b> mit dem Passwort an, das Sie hier wählen.',
    webPort: 'Port der Webseite',
    adminPassword: 'Passwort von admin, mindestens 10 Zeichen',
    catalogueTitle: 'Katalog in MariaDB 10',
    catalogueIntro:
      'Der Katalog, in dem Bilder gesucht werden, ist eine Datenbank in MariaDB 10. Um sie anzulegen, braucht Dicomkeep das Passwort, das Sie im Paket MariaDB 10 für <b>root</b> gesetzt haben (nicht das von DSM). Es wird einmal benutzt und nicht aufbewahrt.',
    rootPassword: 'root-Passwort von MariaDB 10',
    uninstallTitle: 'Dicomkeep entfernen',
    uninstallIntro: 'Die Bilder bleiben in ihrem gemeinsamen Ordner, was immer Sie hier wählen.',
    uninstallQuestion: 'Katalog, Einstellungen und Konten:',
    keep: 'Behalten: eine neue Installation macht damit weiter',
    delete: 'Löschen: Der Katalog lässt sich aus den Bildern neu aufbauen, Einstellungen und Konten nicht',
  },
};
