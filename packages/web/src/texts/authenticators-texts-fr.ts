import type { AuthenticatorsTexts } from './authenticators-texts.ts';
import { withTexts } from './texts.ts';

/** French, as in France. */
export const frenchAuthenticators: AuthenticatorsTexts = {
  heading: 'Vos appareils',
  lead: 'Ils vous servent à confirmer que c’est bien vous.',
  locked: 'Pour les voir ou les modifier, confirmez que c’est bien vous.',
  unlock: 'Afficher mes appareils',
  loading: 'Recherche de vos appareils…',
  none: 'Vous n’avez aucun appareil.',
  kinds: {
    push: 'Téléphone avec Auth0 Guardian',
    otp: 'Application d’authentification',
    sms: 'SMS',
    voice: 'Appels téléphoniques',
    email: 'E-mail',
    'recovery-code': 'Code de récupération',
    hosted: 'Page de connexion',
  },
  sameApp: 'Le générateur de codes de la même application\u00a0: {phone}',
  addHeading: 'Ajouter une méthode',
  remove: 'Supprimer',
  removeDevice: 'Supprimer\u00a0: {device}',
  keep: 'Conserver',
  confirmRemoval: 'Supprimer «\u00a0{device}\u00a0»\u202f?',
  goesToo: {
    push: 'L’approbation sur le téléphone, par la même application, sera supprimée aussi.',
    otp: 'Le générateur de codes de la même application sera supprimé aussi.',
    sms: 'Les SMS au même numéro seront supprimés aussi.',
    voice: 'Les appels au même numéro seront supprimés aussi.',
  },
  mayGoToo: {
    push: 'S’il appartient à l’application Guardian d’un téléphone, l’approbation sur ce téléphone sera supprimée aussi.',
    otp: 'Le générateur de codes de la même application, qui est l’un de ceux de votre liste, sera supprimé aussi.',
    sms: 'Les SMS au même numéro seront supprimés aussi.',
    voice: 'Les appels au même numéro seront supprimés aussi.',
  },
  isLast:
    'Il ne vous restera rien pour confirmer\u00a0: vous devrez de nouveau configurer un premier appareil.',
  approvalFollows: 'Vous devrez encore le confirmer avec l’un de vos appareils.',
  removed: 'Supprimé\u00a0: {devices}.',
  added: 'Ajouté\u00a0: {device}.',
  unchanged: 'Rien n’a changé.',
  goBack: 'Revenir en arrière',
  needsScript: 'Cette page a besoin de JavaScript.',
  actions: {
    see: 'Voir vos appareils',
    remove: 'Supprimer {device}',
    add: 'Ajouter {device} à vos appareils',
    devices: {
      push: 'un téléphone qui reçoit les demandes',
      otp: 'une application qui génère des codes',
      sms: 'un numéro pour les SMS',
      voice: 'un numéro pour les appels',
      email: 'une adresse e-mail',
      'recovery-code': 'un code de récupération',
      hosted: 'la page de connexion',
    },
    unknownDevice: 'l’appareil {id}',
  },
};

/** French as in Canada. */
export const canadianFrenchAuthenticators: AuthenticatorsTexts = withTexts(frenchAuthenticators, {
  kinds: { sms: 'Messages textes', email: 'Courriel' },
  confirmRemoval: 'Supprimer «\u00a0{device}\u00a0»?',
  goesToo: { sms: 'Les messages textes au même numéro seront supprimés aussi.' },
  mayGoToo: { sms: 'Les messages textes au même numéro seront supprimés aussi.' },
  actions: { devices: { sms: 'un numéro pour les messages textes', email: 'une adresse courriel' } },
});
