import type { ReactNode } from 'react';
import 'example-bank-ui/public/bank.css';

export const metadata = { title: 'Example Bank' };

export default function Layout({ children }: { readonly children: ReactNode }) {
  return (
    <html lang="en">
      <body>
        <header>Example Bank</header>
        <main>{children}</main>
      </body>
    </html>
  );
}
