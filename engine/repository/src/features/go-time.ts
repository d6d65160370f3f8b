/** A time as Go prints it by default: `2021-05-01 16:05:00 +0000 UTC`, without trailing zeros of the fraction. */
export const goTime = (time: Date): string => {
  const [date = '', clock = ''] = time.toISOString().replace('Z', '').split('T');
  return `${date} ${clock.replace(/\.0+$/, '').replace(/(\.\d*?)0+$/, '$1')} +0000 UTC`;
};
