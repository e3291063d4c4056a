import { type Texts, withTexts } from './texts.ts';

/** French, as in France: narrow no-break spaces before ? and !, a no-break space before a colon, and no-break hyphens in headings. */
export const french: Texts = {
  language: 'fr',
  confirming: 'Vous confirmez',
  states: {
    idle: {
      heading: 'Confirmez votre identité',
      lead: 'Pour continuer, approuvez une demande sur votre téléphone. Rien n’est envoyé tant que vous n’avez pas appuyé sur le bouton.',
    },
    authenticating: { heading: 'Un instant', lead: 'Préparation de la confirmation…' },
    listing: { heading: 'Un instant', lead: 'Recherche de vos appareils…' },
    choosing: {
      heading: 'Comment voulez\u2011vous confirmer\u202f?',
      lead: 'Choisissez l’une des méthodes ci-dessous.',
    },
    enrolling: { heading: 'Un instant', lead: 'Préparation de l’ajout de votre appareil…' },
    confirming: {
      heading: 'Configurez votre téléphone',
      lead: 'Associez l’application Auth0 Guardian à votre compte pour approuver les demandes sur votre téléphone.',
    },
    challenging: { heading: 'Un instant', lead: 'Envoi de la demande…' },
    polling: {
      heading: 'Consultez votre téléphone',
      lead: 'Ouvrez la notification et approuvez la demande. La suite est automatique.',
    },
    redirecting: {
      heading: 'Confirmez sur la page de connexion',
      lead: 'Confirmez-y votre identité. Vous revenez ensuite ici.',
    },
    verifying: { heading: 'Un instant', lead: 'Vérification du code…' },
    identifying: { heading: 'Presque terminé', lead: 'Vérification de l’approbation…' },
    approved: { heading: 'C’est confirmé', lead: 'Merci.' },
    rejected: { heading: 'Demande refusée', lead: 'La demande a été refusée sur votre téléphone.' },
    expired: { heading: 'Délai dépassé', lead: 'La demande est restée sans réponse.' },
    cancelled: { heading: 'Confirmation annulée', lead: 'Rien n’a été confirmé et rien n’a changé.' },
  },
  password: {
    heading: 'Saisissez votre mot de passe',
    lead: 'D’abord, assurons-nous que c’est bien vous.',
  },
  added: { heading: 'Appareil ajouté', lead: 'Vous pouvez désormais l’utiliser pour confirmer.' },
  newOtp: {
    heading: 'Configurez une application d’authentification',
    lead: 'Scannez ce QR code avec votre application d’authentification, puis saisissez le code qu’elle affiche.',
  },
  pushCode: {
    code: {
      heading: 'Saisissez le code affiché sur votre téléphone',
      lead: 'Votre téléphone affiche un code avec la demande. Saisissez-le d’abord ici, puis approuvez sur votre téléphone.',
    },
    action: {
      heading: 'Saisissez le code affiché sur votre téléphone',
      lead: 'Votre téléphone affiche un code et ce que vous confirmez. Si c’est exact, saisissez d’abord le code ici, puis approuvez sur votre téléphone.',
    },
    answered: 'Vous avez approuvé sur votre téléphone. Saisissez maintenant le code qu’il affichait.',
    entered: 'Le code est bon. Approuvez maintenant la demande sur votre téléphone.',
    compare: 'N’approuvez que si votre téléphone affiche ce code\u00a0:',
    refused: 'Le code était faux trop souvent. Rien n’a été confirmé.',
  },
  hosted: {
    choosing: {
      heading: 'Confirmez votre identité',
      lead: 'Vous confirmez sur la page de connexion, puis vous revenez ici.',
    },
    leave: 'Aller à la page de connexion',
    openAgain: 'Rouvrir la fenêtre',
    here: 'Continuer dans cet onglet',
    opening: 'Ouverture de la page de connexion…',
    waiting: 'En attente de votre retour…',
    where: 'La page de connexion se trouve sur {host}.',
    checking: 'Vérification de votre identité…',
    rejected: 'Vous n’avez pas confirmé sur la page de connexion. Rien n’a été confirmé.',
    expired: 'Vous n’êtes pas revenu à temps.',
    otherUser: 'Une autre personne s’y est connectée. Utilisez votre propre compte.',
    done: {
      heading: 'Vous pouvez fermer cette fenêtre',
      lead: 'La page d’où vous venez continue toute seule.',
    },
  },
  ways: {
    ciba: 'Confirmer sur votre téléphone',
    'mfa-api': 'Confirmer avec un appareil enregistré',
    redirect: 'Continuer sur la page de connexion',
  },
  leftWays: {
    ciba: 'Votre téléphone ne peut pas encore recevoir de demandes\u00a0: confirmez par un autre moyen.',
    'mfa-api': 'Aucun de vos appareils enregistrés ne convient ici\u00a0: confirmez par un autre moyen.',
    redirect: 'La page de connexion n’est pas disponible ici\u00a0: confirmez par un autre moyen.',
  },
  failed: 'Cela n’a pas fonctionné',
  waitingElsewhere: 'Une autre demande est en attente',
  codeHeading: 'Saisissez le code',
  codes: {
    otp: 'Ouvrez votre application d’authentification et saisissez le code qu’elle affiche.',
    sms: 'Nous vous avons envoyé un code par SMS.',
    voice: 'Nous vous appelons. Saisissez le code que vous entendez.',
    email: 'Nous vous avons envoyé un code par e-mail.',
    'recovery-code':
      'Saisissez le code de récupération que vous avez conservé en configurant votre téléphone.',
  },
  codeLabel: 'Code',
  factors: {
    push: 'Approuver sur votre téléphone',
    otp: 'Code d’une application d’authentification',
    sms: 'Code par SMS',
    voice: 'Code par appel téléphonique',
    email: 'Code par e-mail',
    'recovery-code': 'Code de récupération',
    hosted: 'Confirmer sur la page de connexion',
  },
  addFactors: {
    push: 'Configurer votre téléphone avec Auth0 Guardian',
    otp: 'Configurer une application d’authentification',
    sms: 'Ajouter un numéro pour les SMS',
    voice: 'Ajouter un numéro pour les appels',
    email: 'Ajouter une adresse e\u2011mail',
    'recovery-code': 'Ajouter un code de récupération',
    hosted: 'Ajouter sur la page de connexion',
  },
  reasons: {
    already_enrolled: 'Vous avez déjà un appareil. Confirmez avec celui-ci.',
    authentication_stale: 'Vous n’avez pas eu à vous reconnecter. Veuillez réessayer.',
    cancelled: 'La demande a été annulée.',
    challenge_expired: 'La demande est restée sans réponse. Vous pouvez la renvoyer.',
    code_refused: 'Ce code est incorrect ou a déjà été utilisé. Vérifiez-le et réessayez.',
    credentials_refused: 'Ce mot de passe est incorrect. Réessayez.',
    delivery_unknown:
      'La demande n’est peut-être pas arrivée sur votre téléphone. Vérifiez-le d’abord, ou renvoyez-la.',
    approval_mismatch: 'Ce qui a été approuvé n’est pas ce qui était demandé. Contactez l’assistance.',
    authenticator_too_new:
      'Votre appareil a été ajouté trop récemment pour cette opération. Réessayez plus tard.',
    enrollment_refused:
      'Vous n’avez encore aucun appareil. Ajoutez-en un dans les paramètres de votre compte, puis revenez.',
    factor_unavailable: 'Cette méthode n’est pas disponible pour le moment. Choisissez-en une autre.',
    flow_expired: 'L’attente a été trop longue. Recommencez pour continuer.',
    identity_refused: 'L’approbation n’a pas pu être vérifiée. Contactez l’assistance.',
    input_invalid: 'Cette saisie n’a pas été acceptée. Vérifiez-la.',
    input_lost: 'Votre saisie s’est perdue en route. Veuillez recommencer.',
    login_required: 'Reconnectez-vous, puis revenez.',
    mfa_not_required: 'La confirmation n’est pas configurée correctement ici. Contactez l’assistance.',
    mfa_token_expired: 'Cela a pris trop de temps. Recommencez pour continuer.',
    no_usable_factor:
      'Aucun de vos appareils ne convient ici. Ajoutez-en un dans les paramètres de votre compte.',
    not_enrolled:
      'Aucun appareil n’est configuré pour cela. Choisissez une autre méthode, ou ajoutez un appareil dans les paramètres de votre compte.',
    password_needed:
      'Un appareil va être ajouté à votre compte. Saisissez votre mot de passe, pour que personne d’autre ne puisse le faire.',
    provider_error: 'Une erreur inattendue s’est produite. Réessayez.',
    provider_misconfigured: 'La confirmation n’est pas configurée correctement ici. Contactez l’assistance.',
    provider_unavailable: 'Le service de connexion ne répond pas pour le moment. Réessayez.',
    push_in_progress:
      'Un autre navigateur ou appareil a déjà demandé votre approbation. Répondez à cette demande, ou attendez qu’elle prenne fin d’elle-même. Si ce n’était pas vous, refusez-la et changez votre mot de passe.',
    rate_limited: 'Trop de demandes pour le moment. Patientez un peu.',
    rejected:
      'Si vous n’avez rien demandé, changez votre mot de passe. Si vous l’avez refusée par erreur, renvoyez-la.',
    result_lost: 'La réponse s’est perdue en route. Veuillez recommencer.',
    subject_mismatch: 'L’appareil d’une autre personne a approuvé la demande. Utilisez le vôtre.',
    too_many_attempts: 'Trop de tentatives. Patientez un peu avant de réessayer.',
  },
  errors: {
    flow_in_progress: 'Vous confirmez déjà autre chose dans ce navigateur.',
    flow_not_found: 'Cette confirmation est terminée. Recommencez.',
    record_full: 'Vous avez confirmé trop de choses à la fois. Patientez un peu.',
    too_many_flows:
      'Vous confirmez trop de choses à la fois. Terminez ou annulez une confirmation, ou patientez un peu.',
    requirement_expired: 'Cette demande est trop ancienne.',
    requirement_invalid: 'Cette demande n’appartient pas à votre session.',
    event_not_allowed: 'Ce n’est pas possible pour le moment.',
    return_unknown:
      'Ce navigateur n’attend pas ce retour. Revenez à la page où vous avez commencé, et réessayez.',
    version_stale: 'Ce n’est pas possible pour le moment.',
    invalid_request: 'Cette saisie n’a pas été acceptée. Vérifiez-la.',
    cross_site_request: 'Cet envoi ne vient pas de la page elle-même. Revenez en arrière et réessayez.',
    insecure_transport: 'Une connexion sécurisée est nécessaire.',
    overloaded: 'Le service est très sollicité. Patientez un peu et réessayez.',
    store_unavailable: 'Le service ne répond pas pour le moment. Réessayez.',
    unreachable: 'Pas de connexion. Vérifiez votre réseau et réessayez.',
  },
  notices: {
    push_requested_elsewhere:
      'Un autre navigateur ou appareil a voulu vous envoyer une demande lui aussi, sans succès. Si ce n’était pas vous, changez votre mot de passe.',
  },
  unknownError: 'Une erreur s’est produite. Réessayez.',
  newAddress: 'Vous y recevrez un code de vérification.',
  phoneLabel: 'Numéro de téléphone',
  phoneHint: 'Avec l’indicatif du pays, par exemple +33 6 39 98 01 23.',
  emailLabel: 'Adresse e-mail',
  passwordLabel: 'Mot de passe',
  secretLabel: 'Ou saisissez cette clé dans l’application',
  start: 'Envoyer la demande',
  continue: 'Continuer',
  submit: 'Confirmer',
  busy: 'Un instant…',
  cancel: 'Annuler',
  cancelOther: 'Annuler l’autre et continuer',
  back: 'Retour',
  goBack: 'Revenir en arrière',
  close: 'Fermer',
  startAgain: 'Recommencer',
  retry: 'Réessayer',
  startOver: 'Recommencer',
  resend: 'Renvoyer',
  otherWay: 'Utiliser une autre méthode',
  chooseWay: { heading: 'Utiliser une autre méthode', lead: 'Choisissez comment confirmer.' },
  addDevice: 'Ajouter un appareil',
  openHere: 'Ouvrir sur cet appareil',
  copyLink: 'Copier le lien',
  copyCodes: 'Copier',
  copied: 'Copié',
  qrLabel: 'QR code à scanner avec l’application Auth0 Guardian',
  scanSteps: [
    'Installez Auth0 Guardian sur votre téléphone.',
    'Dans l’application, ajoutez un compte et scannez ce QR code.',
  ],
  waitingForScan: 'En attente de votre téléphone…',
  waitingForAnswer: 'En attente de votre réponse…',
  recoveryCodes: {
    one: {
      heading: 'Conservez votre code de récupération',
      lead: 'Il vous donne accès à votre compte si vous perdez votre téléphone. Gardez-le en lieu sûr\u00a0: il n’est affiché qu’une seule fois.',
      saved: 'Je l’ai conservé',
    },
    other: {
      heading: 'Conservez vos codes de récupération',
      lead: 'Ils vous donnent accès à votre compte si vous perdez votre téléphone. Gardez-les en lieu sûr\u00a0: ils ne sont affichés qu’une seule fois.',
      saved: 'Je les ai conservés',
    },
  },
  later: '{label} {when}',
  availableLater: 'Disponible {when}',
  timeLeft: 'Il reste {time}',
  connectionLost: 'Connexion perdue. Nouvelle tentative…',
  connectionBusy: 'Le service est très sollicité. Cela peut prendre un peu plus de temps…',
  connectionBack: 'Connexion rétablie.',
  sentTo: 'Envoi à {device}',
  returning: 'Retour en cours…',
  nothingLeft: 'Votre formulaire n’a pas été gardé. Retour en cours…',
  resending: 'Appuyez sur «\u00a0Continuer\u00a0» pour terminer ce que vous avez commencé.',
  forOther: {
    warning:
      'Une autre application ou un autre navigateur où vous êtes connecté le demande, et c’est là que cela aura lieu. Continuez seulement si vous venez de le lancer vous-même. Si quelqu’un vous a envoyé ce lien, fermez cette page.',
    approved: 'Retournez là où vous avez commencé. Vous pouvez fermer cette page.',
  },
  unkept: {
    file: 'Un formulaire qui contient un fichier ne peut pas être gardé ici. Confirmez d’abord, puis envoyez-le de nouveau.',
    size: 'Votre formulaire est trop volumineux pour être gardé ici. Confirmez d’abord, puis envoyez-le de nouveau.',
  },
  checkAgain: 'Vérifier de nouveau',
  expiredRequirement: {
    heading: 'Cette demande a expiré',
    lead: 'Retournez là où vous étiez et réessayez.',
  },
};

/** French, as in Canada: other words where France borrows from English, and no space before ? and !. */
export const canadianFrench: Texts = withTexts(french, {
  language: 'fr-CA',
  states: { choosing: { heading: 'Comment voulez\u2011vous confirmer?' } },
  newOtp: {
    lead: 'Balayez ce code QR avec votre application d’authentification, puis saisissez le code qu’elle affiche.',
  },
  codes: {
    sms: 'Nous vous avons envoyé un code par message texte.',
    email: 'Nous vous avons envoyé un code par courriel.',
  },
  factors: { sms: 'Code par message texte', email: 'Code par courriel' },
  addFactors: {
    sms: 'Ajouter un numéro pour les messages textes',
    email: 'Ajouter une adresse courriel',
  },
  reasons: {
    approval_mismatch:
      'Ce qui a été approuvé n’est pas ce qui était demandé. Communiquez avec le soutien technique.',
    identity_refused: 'L’approbation n’a pas pu être vérifiée. Communiquez avec le soutien technique.',
    login_required: 'Ouvrez une nouvelle session, puis revenez.',
    mfa_not_required:
      'La confirmation n’est pas configurée correctement ici. Communiquez avec le soutien technique.',
    provider_misconfigured:
      'La confirmation n’est pas configurée correctement ici. Communiquez avec le soutien technique.',
  },
  phoneHint: 'Avec l’indicatif du pays, par exemple +1 514 555-0123.',
  emailLabel: 'Adresse courriel',
  qrLabel: 'Code QR à balayer avec l’application Auth0 Guardian',
  scanSteps: [
    'Installez Auth0 Guardian sur votre téléphone.',
    'Dans l’application, ajoutez un compte et balayez ce code QR.',
  ],
});
