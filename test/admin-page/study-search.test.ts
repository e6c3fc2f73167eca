import { expect } from 'chai';
import {
  addressOf,
  filterCount,
  isNewestFirst,
  lastDays,
  queryOf,
  searchOf,
} from '../../src/admin/page/pages/parts/study-search.ts';

describe('The search for studies', () => {
  const searched = (query: string) => searchOf(new URLSearchParams(query));

  it('stands in the address of the page, and is read from it again', () => {
    const search = {
      text: 'wang ct',
      from: '2024-05-01',
      to: '2024-05-17',
      modality: 'MR',
      accessionNumber: 'A1',
      sort: 'patientName',
      isDescending: false,
    } as const;

    const { pathname, searchParams } = new URL(addressOf(search), 'http://archive');

    expect(pathname).to.equal('/studies');
    expect(searchOf(searchParams)).to.deep.equal(search);
  });

  it('leaves the address plain where nothing is searched for, and names an opened study in it', () => {
    const search = searched('');

    expect(addressOf(search)).to.equal('/studies');
    expect(addressOf(search, '1.2/3')).to.equal('/studies/1.2%2F3');
    expect(isNewestFirst(search)).to.equal(true);
    expect(filterCount(search)).to.equal(0);
  });

  it('takes nothing from an address that it does not know', () => {
    const search = searched('sort=sopClassUid&order=sideways&from=yesterday&to=2024-5-1');

    expect(search).to.deep.equal(searched(''));
  });

  it('asks for a range of dates that may be open at either end (PS3.4 §C.2.2.2.5)', () => {
    expect(queryOf(searched('from=2024-05-01&to=2024-05-17'))['studyDate']).to.equal('20240501-20240517');
    expect(queryOf(searched('from=2024-05-01'))['studyDate']).to.equal('20240501-');
    expect(queryOf(searched('to=2024-05-17'))['studyDate']).to.equal('-20240517');
    expect(queryOf(searched(''))['studyDate']).to.equal('');
  });

  it('asks for accession numbers that begin so, unless one has typed wild cards', () => {
    expect(queryOf(searched('accession=A12'))['accessionNumber']).to.equal('A12*');
    expect(queryOf(searched('accession=*12'))['accessionNumber']).to.equal('*12');
    expect(queryOf(searched('accession=+'))['accessionNumber']).to.equal('');
  });

  it('counts both ends of a range of dates as one filter', () => {
    expect(filterCount(searched('from=2024-05-01&to=2024-05-17&modality=CT&text=x'))).to.equal(2);
  });

  it('counts days back over the end of a month, with today among them', () => {
    const now = new Date(2024, 2, 1, 23, 59);

    expect(lastDays(1, now)).to.deep.equal({ from: '2024-03-01', to: '2024-03-01' });
    expect(lastDays(7, now)).to.deep.equal({ from: '2024-02-24', to: '2024-03-01' });
  });
});
